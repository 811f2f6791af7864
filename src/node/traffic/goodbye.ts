import type { ServerResponse } from 'node:http'

/**
 * Puts `Connection: close` on a response, whatever its handler sets. Decided when the head is sent, not before: of
 * several pipelined responses only the last may say it, or Node drops those that come after it.
 */
export function sayGoodbye(response: ServerResponse, mayClose: () => boolean): void {
  const { writeHead } = response
  response.writeHead = (...args: readonly unknown[]): ServerResponse => {
    if (response.headersSent || !mayClose()) return Reflect.apply(writeHead, response, args)
    const headers = args.at(-1)
    if (typeof headers === 'object' && headers !== null) {
      return Reflect.apply(writeHead, response, [...args.slice(0, -1), closing(headers)])
    }
    response.setHeader('Connection', 'close')
    return Reflect.apply(writeHead, response, args)
  }
}

/** `writeHead` takes headers as an object, as pairs, or as a flat list of names and values: it gets what it was given. */
function closing(headers: object): object {
  if (!Array.isArray(headers)) {
    return {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => !isConnection(name))),
      Connection: 'close',
    }
  }
  if (Array.isArray(headers[0])) return [...headers.filter((pair) => !isConnection(pair[0])), ['Connection', 'close']]
  return [...headers.filter((_, index) => !isConnection(headers[index - (index % 2)])), 'Connection', 'close']
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === 'connection'
}
