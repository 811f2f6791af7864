import { callable, type Duration, isPlainObject, known, limit, refuse } from '../../base/index.ts'

/** A socket of a WebSocket server, as the package `ws` has it. */
export interface WebSocketLike {
  send(data: string): void
  close(code: number, reason: string): void
  terminate(): void
  once(event: 'close', listener: (code: number) => void): unknown
}

/** A WebSocket server that knows its clients, as the `WebSocketServer` of the package `ws` does. */
export interface WebSocketServerLike {
  readonly clients: Iterable<WebSocketLike>
  on(event: 'connection', listener: (socket: WebSocketLike) => void): unknown
  off(event: 'connection', listener: (socket: WebSocketLike) => void): unknown
}

/** A WebSocket server, and what is done for each of its sockets before it is closed. */
export interface WebSocketOptions {
  readonly server: WebSocketServerLike
  /** Awaited before the socket is closed: the place for a last message. @default nothing */
  readonly onDrain?:
    | ((socket: WebSocketLike, context: { readonly signal: AbortSignal }) => void | Promise<void>)
    | undefined
  /** How long `onDrain` may take; then its signal aborts, and the socket is closed. @default '1s' */
  readonly limit?: Duration | undefined
}

/** A WebSocket server, parsed. */
export interface WebSocketSpec {
  readonly server: WebSocketServerLike
  readonly onDrain: WebSocketOptions['onDrain']
  readonly limitMs: number
}

/** Throws `OPTION_INVALID`, naming the server that is wrong. */
export function parseWebSockets(value: unknown): readonly WebSocketSpec[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return refuse('webSockets', value, 'a list of WebSocket servers')
  return value.map((one: unknown, index) => parseOne(one, `webSockets[${index}]`))
}

function parseOne(value: unknown, option: string): WebSocketSpec {
  if (isServer(value)) return { server: value, onDrain: undefined, limitMs: limit(undefined, option, '1s') }
  if (!isPlainObject(value) || !('server' in value)) return refuse(option, value, EXPECTED)
  const given = known(value, option, ['server', 'onDrain', 'limit'])
  return {
    server: isServer(given.server) ? given.server : refuse(`${option}.server`, given.server, EXPECTED),
    onDrain: given.onDrain === undefined ? undefined : callable(given.onDrain, `${option}.onDrain`),
    limitMs: limit(given.limit, `${option}.limit`, '1s'),
  }
}

const EXPECTED = "a WebSocket server that tracks its clients, such as ws's new WebSocketServer({ server })"

function isServer(value: unknown): value is WebSocketServerLike {
  if (!isPlainObject(value)) return false
  const { clients, on, off } = value
  const isTracking = typeof clients === 'object' && clients !== null && Symbol.iterator in clients
  return isTracking && typeof on === 'function' && typeof off === 'function'
}
