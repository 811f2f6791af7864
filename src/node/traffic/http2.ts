import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'
import { type Connection, type Exchange, type Ledger, PROBE, pendingExchange } from './connection.ts'
import type { Incoming, Reply, Returnable } from './door.ts'
import { type Farewell, finishesAt, mayFinish, mayTell } from './farewell.ts'
import { type LingerRule, lingersUntil } from './linger-rule.ts'
import type { Pending } from './pending.ts'

/** A stream, and how many bytes were written on it since the trigger, before which nobody asks. */
interface Http2Exchange extends Exchange {
  readonly stream: ServerHttp2Stream
  written: number | undefined
}

/** A connection that speaks HTTP/2: many requests at a time, and a goodbye of its own. Only streams keep it busy. */
export class Http2Session implements Connection {
  readonly socket: Socket
  readonly exchanges: Set<Http2Exchange> = new Set()
  readonly #session: ServerHttp2Session
  readonly #ledger: Ledger
  #farewell: Farewell = { type: 'unsaid' }
  /** Whether there was ever a stream. */
  #isUsed = false
  #lastIdleMs: number

  constructor(session: ServerHttp2Session, ledger: Ledger) {
    this.#session = session
    this.#ledger = ledger
    this.#lastIdleMs = ledger.clock.monotonic()
    // `session.socket` lets nobody near; what it returns of itself is the socket.
    this.socket = session.socket.once('close', () => this.ended())
  }

  lingersUntil(rule: LingerRule): number | undefined {
    const idleSinceMs = this.#idleSinceMs
    // It has ended; the client has not closed its side, and everything that was written has left.
    if (this.#farewell.type === 'final' && idleSinceMs !== undefined && this.socket.writableFinished) {
      return lingersUntil(idleSinceMs, rule)
    }
    return finishesAt(this.#farewell, idleSinceMs, rule)
  }

  /** Takes note of a stream, until it has closed; then the permit is given back. On the path of every request. */
  begin(stream: ServerHttp2Stream, incoming: Incoming, permit: Returnable): void {
    const startedMs = this.#ledger.clock.monotonic()
    const exchange = { stream, incoming, permit, startedMs, written: undefined }
    this.#isUsed = true
    this.exchanges.add(exchange)
    this.#ledger.began(exchange)
    this.#ledger.stirred()
    if (this.#ledger.isParting) this.#part(exchange)
    stream.once('close', () => this.#end(exchange))
  }

  pending(nowMs: number): readonly Pending[] {
    const served = [...this.exchanges].filter(({ permit }) => permit !== PROBE)
    return served.map((exchange) => pendingExchange(exchange, exchange.written ?? 0, nowMs))
  }

  /** Tells a client that is here already; one that has only just come, or was only just answered, with its next stream. */
  part(): void {
    for (const exchange of this.exchanges) countWritten(exchange)
    if (mayTell(this.#idleSinceMs, this.#ledger.clock.monotonic()) && this.#ledger.mayPart()) this.#tell()
  }

  shut(): void {
    if (this.#isUsed) this.#tell()
    if (this.#farewell.type !== 'told') return
    // Who cannot be told before has nothing to wait for: there is no better moment than this, when answers are held back.
    if (!mayWriteFrames(this.socket) || mayFinish(this.#farewell, this.#ledger.clock.monotonic())) this.close()
  }

  /** Streams that are open go on to their end; then the session ends. Nothing new starts. */
  close(): void {
    if (this.#farewell.type === 'final') return void this.socket.destroy()
    this.#said()
    this.#farewell = { type: 'final' }
    this.#session.close()
  }

  cut(): void {
    this.#session.destroy()
    this.socket.destroy()
  }

  /** The connection has ended: so have its streams. */
  ended(): void {
    for (const exchange of this.exchanges) this.#end(exchange)
  }

  /** Undefined while it has streams. */
  get #idleSinceMs(): number | undefined {
    return this.exchanges.size === 0 ? this.#lastIdleMs : undefined
  }

  /** Before the answer: afterwards the client may have another stream on its way already. */
  #part(exchange: Http2Exchange): void {
    countWritten(exchange)
    if (this.#ledger.mayPart()) this.#tell()
  }

  #tell(): void {
    if (this.#farewell.type !== 'unsaid') return
    this.#said()
    this.#farewell = { type: 'told', atMs: this.#ledger.clock.monotonic() }
    if (mayWriteFrames(this.socket)) this.socket.write(NOTICE)
  }

  #said(): void {
    if (this.#farewell.type === 'unsaid') this.#ledger.told()
  }

  #end(exchange: Http2Exchange): void {
    if (!this.exchanges.delete(exchange)) return
    this.#lastIdleMs = this.#ledger.clock.monotonic()
    this.#ledger.stirred()
    const { stream } = exchange
    this.#ledger.ended(exchange, stream.writableFinished && stream.rstCode === NO_ERROR)
  }
}

/** Answers on a stream in place of its handler. */
export function answerStream(stream: ServerHttp2Stream, { status, headers, body }: Reply): void {
  stream.on('error', () => {})
  stream.respond({ ':status': status, ...headers })
  // A response to HEAD has ended already.
  if (!stream.writableEnded) stream.end(body)
}

const NO_ERROR = 0

/**
 * GOAWAY with NO_ERROR and the highest of all stream ids: open no more streams, those that are on their way are served.
 * `session.goaway()` cannot say it: after any GOAWAY of its own, nghttp2 ignores every new stream without a word.
 */
const NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])

/**
 * Whether a frame may be written beside the session. Node hands whole frames to a socket, which keeps their order. TLS takes
 * one write at a time, and ends the process on a second one.
 */
function mayWriteFrames(socket: Socket): boolean {
  return Object.getPrototypeOf(socket) === Socket.prototype && socket.writable
}

/** Node counts the bytes of a connection, not those of a stream. */
function countWritten(exchange: Http2Exchange): void {
  if (exchange.written !== undefined) return
  let written = (exchange.written = 0)
  const { stream } = exchange
  const { write, end } = stream
  const counting =
    (method: typeof write | typeof end) =>
    (...args: readonly unknown[]): unknown => {
      exchange.written = written += sizeOf(args[0])
      return Reflect.apply(method, stream, args)
    }
  Object.assign(stream, { write: counting(write), end: counting(end) })
}

function sizeOf(chunk: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk)
  return chunk instanceof Uint8Array ? chunk.byteLength : 0
}
