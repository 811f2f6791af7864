import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Given back when a request is over, however it ended. */
export interface Returnable {
  done(): void
}

/** A request whose response has not ended. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** `probe`: asked by whoever watches our health. It counts neither as traffic nor as in flight. */
  readonly permit: Returnable | 'probe'
  readonly startedMs: number
  /** What the connection had written at the trigger, or when the request came after it. */
  writtenBefore: number
}

/** One connection, as its server sees it. Times are monotonic ms. */
export interface Connection {
  readonly socket: Socket
  readonly openedMs: number
  /** In the order in which they came, which is the order in which they are answered. */
  readonly exchanges: Set<Exchange>
  protocol: 'http' | 'upgraded'
  /** Whether a response has said `Connection: close`: nothing that comes after it may run. */
  goodbye: 'unsaid' | 'said'
  /** Since when it is idle; kept up to date from the trigger on, before which it does not matter. */
  idleSinceMs: number
  /** What had been read when it became idle. More than that is the start of a request. */
  idleAtBytes: number
}

/** What a drain waits for, and what is cut at its deadline. */
export interface Pending {
  readonly what: 'request' | 'half-received request' | 'upgraded connection' | 'permits'
  readonly method: string | undefined
  readonly path: string | undefined
  readonly ageMs: number
  /** Bytes written in answer since the trigger. */
  readonly bytes: number
}

/** A connection that has just been opened. One that never sends a byte is idle, too. */
export function connectionOn(socket: Socket, nowMs: number): Connection {
  return {
    socket,
    openedMs: nowMs,
    exchanges: new Set(),
    protocol: 'http',
    goodbye: 'unsaid',
    idleSinceMs: nowMs,
    idleAtBytes: socket.bytesRead,
  }
}

/** Whether nothing has come since the last response went out in full. */
export function isIdle(connection: Connection): boolean {
  const { socket, exchanges, protocol, idleAtBytes } = connection
  return protocol === 'http' && exchanges.size === 0 && socket.bytesRead === idleAtBytes && socket.writableLength === 0
}

/** What `connection` is kept open for. Nothing, when it is idle or answers a probe. */
export function pendingOn(connection: Connection, nowMs: number): readonly Pending[] {
  const { socket, exchanges, protocol, openedMs, idleSinceMs } = connection
  if (protocol === 'upgraded') return [nameless('upgraded connection', nowMs - openedMs, socket.bytesWritten)]
  if (exchanges.size > 0) {
    return [...exchanges].filter(({ permit }) => permit !== 'probe').map((exchange) => pendingExchange(exchange, nowMs))
  }
  return isIdle(connection) ? [] : [nameless('half-received request', nowMs - idleSinceMs, 0)]
}

function pendingExchange({ request, startedMs, writtenBefore }: Exchange, nowMs: number): Pending {
  const { method, url, socket } = request
  // Without the query, which may hold what nobody else is to read.
  const path = url?.split('?', 1)[0]
  return { what: 'request', method, path, ageMs: nowMs - startedMs, bytes: socket.bytesWritten - writtenBefore }
}

function nameless(what: Pending['what'], ageMs: number, bytes: number): Pending {
  return { what, method: undefined, path: undefined, ageMs, bytes }
}
