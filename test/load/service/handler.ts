import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { jobOf, receiptOf } from './workload.ts'

export type Request = IncomingMessage | Http2ServerRequest
export type Response = ServerResponse | Http2ServerResponse

/** Serves the workload, by HTTP/1.1 or HTTP/2. */
export function handler(isReady: () => boolean): (request: Request, response: Response) => void {
  return (request, response) => {
    serve(request, response, isReady).catch(() => response.destroy())
  }
}

async function serve(request: Request, response: Response, isReady: () => boolean): Promise<void> {
  const url = request.url ?? ''
  const job = jobOf(url)
  switch (job.type) {
    case 'answer':
      if (job.afterMs > 0) await pause(job.afterMs)
      return answer(response, 200, job.body)
    case 'stream':
      return stream(response, job)
    case 'upload':
      return answer(response, 200, receiptOf(url, await read(request)))
    case 'readiness':
      return answer(response, isReady() ? 200 : 503, '')
    case 'unknown':
      return answer(response, 404, '')
  }
}

function answer(response: Response, status: number, body: string): void {
  response.statusCode = status
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

/** The head is sent with the first piece: before a signal, and without a goodbye, when that comes later. */
async function stream(response: Response, { pieces, everyMs }: { pieces: readonly string[]; everyMs: number }) {
  for (const piece of pieces) {
    await pause(everyMs)
    write(response, piece)
  }
  response.end()
}

function write(response: Response, piece: string): void {
  if ('stream' in response) response.write(piece)
  else response.write(piece)
}

async function read(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
