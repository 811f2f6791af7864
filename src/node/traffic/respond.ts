import type { ServerResponse } from 'node:http'
import type { Reply } from './door.ts'

/** Answers in the handler's place. Who is refused is to ask another instance: HTTP/1 is told so by the connection's end. */
export function respond(response: ServerResponse, { to, status, headers, body }: Reply): void {
  const isHttp1 = response.req.httpVersionMajor < 2
  response.writeHead(status, to === 'refused' && isHttp1 ? { ...headers, Connection: 'close' } : headers).end(body)
}
