import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Connection, type Exchange, type Ledger, PROBE, pendingExchange } from './connection.ts'
import type { Returnable } from './door.ts'
import { sayGoodbye } from './goodbye.ts'
import { type LingerRule, lingersUntil } from './linger-rule.ts'
import type { Pending } from './pending.ts'

/** A request of HTTP/1, and what it is answered with. */
interface Http1Exchange extends Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  /** What the connection had written at the trigger, or when the request came after it. */
  writtenBefore: number
}

/** A connection that speaks HTTP/1. One that has never sent a byte is idle, too. */
export class Http1Connection implements Connection {
  readonly socket: Socket
  /** In the order in which they are answered. A list: one at a time is the rule, and a set that empties costs thirty times as much. */
  readonly exchanges: Http1Exchange[] = []
  /** Whether a request has come and is being judged: it is neither half received nor begun. */
  isAsked = false
  /** Kept up to date from the trigger on, before which it does not matter. */
  #idleSinceMs: number
  readonly #ledger: Ledger
  /** Whether a response has said `Connection: close`: nothing that comes after it may run. */
  #goodbye: 'unsaid' | 'said' = 'unsaid'
  /** What had been read when it became idle. More than that is the start of a request. */
  #idleAtBytes: number

  constructor(socket: Socket, ledger: Ledger) {
    this.socket = socket
    this.#ledger = ledger
    this.#idleSinceMs = ledger.clock.monotonic()
    this.#idleAtBytes = socket.bytesRead
  }

  /** False after a response has said goodbye: a request that comes now is not answered, so it must not run. */
  get mayRun(): boolean {
    return this.#goodbye === 'unsaid'
  }

  lingersUntil(rule: LingerRule): number | undefined {
    return this.#isIdle() ? lingersUntil(this.#idleSinceMs, rule) : undefined
  }

  /** Takes note of a request, until its response is over; then the permit is given back. On the path of every request. */
  begin(incoming: IncomingMessage, response: ServerResponse, permit: Returnable): void {
    const exchange = { incoming, response, permit, startedMs: this.#ledger.clock.monotonic(), writtenBefore: 0 }
    this.exchanges.push(exchange)
    this.#ledger.began(exchange)
    if (this.#ledger.isParting) this.#part(exchange)
    response.on('close', () => {
      // After an early answer the rest of the body is still to come; the connection is not idle before.
      if (incoming.complete || this.socket.destroyed) this.#end(exchange)
      else incoming.on('close', () => this.#end(exchange))
    })
  }

  pending(nowMs: number): readonly Pending[] {
    if (this.exchanges.length > 0) {
      const served = this.exchanges.filter(({ permit }) => permit !== PROBE)
      return served.map((exchange) =>
        pendingExchange(exchange, this.socket.bytesWritten - exchange.writtenBefore, nowMs),
      )
    }
    if (this.isAsked || this.#isIdle()) return []
    const ageMs = nowMs - this.#idleSinceMs
    return [{ what: 'half-received request', name: undefined, method: undefined, path: undefined, ageMs, bytes: 0 }]
  }

  part(): void {
    for (const exchange of this.exchanges) this.#part(exchange)
  }

  /** HTTP/1 has no goodbye for an idle connection. Only ending it would leave its read side open to a request. */
  close(): void {
    this.socket.destroy()
  }

  shut(): void {}

  cut(): void {
    this.socket.destroy()
  }

  /** The connection has ended: so have its requests. */
  ended(): void {
    for (const exchange of [...this.exchanges]) this.#end(exchange)
  }

  /** Whether nothing has come since the last response went out in full. */
  #isIdle(): boolean {
    const { socket, exchanges } = this
    return exchanges.length === 0 && socket.bytesRead === this.#idleAtBytes && socket.writableLength === 0
  }

  /** Decided when the head is sent: of pipelined responses only the last that is queued may say goodbye. */
  #part(exchange: Http1Exchange): void {
    exchange.writtenBefore = this.socket.bytesWritten
    sayGoodbye(exchange.response, () => {
      if (!this.#ledger.isParting || !this.#ledger.mayPart()) return false
      if (this.exchanges.at(-1) !== exchange) return false
      this.#goodbye = 'said'
      return true
    })
  }

  #end(exchange: Http1Exchange): void {
    const place = this.exchanges.indexOf(exchange)
    if (place < 0) return
    if (place === this.exchanges.length - 1) this.exchanges.pop()
    else this.exchanges.splice(place, 1)
    this.#idleAtBytes = this.socket.bytesRead
    if (this.#ledger.isParting) this.#idleSinceMs = this.#ledger.clock.monotonic()
    this.#ledger.ended(exchange, exchange.response.writableFinished)
  }
}
