import type { Socket } from 'node:net'
import type { Clock } from '../../base/index.ts'
import { type Connection, type Exchange, type Ledger, PROBE, REFUSED } from './connection.ts'
import { Hold } from './hold.ts'
import type { Pending } from './pending.ts'
import { pause, turnLoop } from './wait.ts'

/** The connections to all servers of a service, and the requests on them. Touches nothing that is private to Node. */
export class Connections implements Ledger {
  readonly clock: Clock
  readonly hold: Hold = new Hold()
  readonly #accepted = new Set<Socket>()
  readonly #connections = new Map<Socket, Connection>()
  readonly #waiting = new Set<() => void>()
  #mayPart: (() => boolean) | undefined
  #toldTotal = 0
  #acceptedTotal = 0
  #lastKnockMs = Number.NEGATIVE_INFINITY
  #inFlight = 0
  #answeredLate = 0
  #refusedLate = 0
  #lastTrafficMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
  }

  get all(): readonly Connection[] {
    return [...this.#connections.values()]
  }

  /** How many connections were ever accepted. */
  get acceptedTotal(): number {
    return this.#acceptedTotal
  }

  /** Monotonic ms at which a connection was accepted last, or something came or went on one that is shared. */
  get lastKnockMs(): number {
    return this.#lastKnockMs
  }

  /** Requests that are being served, without probes. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests that were answered in full since the goodbye began, without probes. */
  get answeredLate(): number {
    return this.#answeredLate
  }

  /** Requests that were refused since the goodbye began. */
  get refusedLate(): number {
    return this.#refusedLate
  }

  /** Monotonic ms of the last request that was no probe. */
  get lastTrafficMs(): number {
    return this.#lastTrafficMs
  }

  get isParting(): boolean {
    return this.#mayPart !== undefined
  }

  /** Sessions that were told that they are to end. */
  get goaways(): number {
    return this.#toldTotal
  }

  mayPart(): boolean {
    return this.#mayPart?.() ?? false
  }

  /**
   * Whether `go`, which shows a request to its handler, is kept for later: during a hold, and once goodbyes are said until
   * the bytes it came with have been read, for of pipelined requests only the last may be answered with one.
   */
  keeps(go: () => void): boolean {
    if (this.hold.keeps(go)) return true
    if (this.isParting) process.nextTick(go)
    return this.isParting
  }

  /** A connection was accepted; nothing may be spoken on it yet. */
  accepted(socket: Socket): void {
    this.#acceptedTotal++
    this.stirred()
    this.#accepted.add(socket)
    socket.once('close', () => {
      this.#accepted.delete(socket)
      this.#wake()
    })
  }

  of(socket: Socket): Connection | undefined {
    return this.#connections.get(socket)
  }

  /** From here on `connection` is what is known of its socket. */
  set(connection: Connection): void {
    this.#connections.set(connection.socket, connection)
  }

  /** The socket of `connection` has closed. */
  delete(connection: Connection): void {
    this.#connections.delete(connection.socket)
    this.#wake()
  }

  began(exchange: Exchange): void {
    if (exchange.permit === PROBE) return
    this.#inFlight++
    this.#lastTrafficMs = exchange.startedMs
  }

  ended(exchange: Exchange, answered: boolean): void {
    if (exchange.permit !== PROBE) {
      this.#inFlight--
      exchange.permit.done()
      if (this.isParting && answered && exchange.permit !== REFUSED) this.#answeredLate++
    }
    this.#wake()
  }

  refused(): void {
    if (this.isParting) this.#refusedLate++
  }

  stirred(): void {
    this.#lastKnockMs = this.clock.monotonic()
  }

  told(): void {
    this.#toldTotal++
  }

  /** The listeners have closed. */
  shut(): void {
    for (const connection of this.#connections.values()) connection.shut()
  }

  /** From here on every connection says goodbye: each response for which `mayPart` answers true. */
  part(mayPart: () => boolean): void {
    this.#mayPart = mayPart
    // An earlier goodbye was called off.
    this.#answeredLate = 0
    this.#refusedLate = 0
    for (const connection of this.#connections.values()) connection.part()
  }

  /** No goodbye is said any more. Those that were said stay said. */
  stay(): void {
    this.#mayPart = undefined
  }

  /** Requests that are being served, probes and all. */
  *exchanges(): Iterable<Exchange> {
    for (const connection of this.#connections.values()) yield* connection.exchanges
  }

  /** What keeps connections open, oldest first. */
  pending(): readonly Pending[] {
    const nowMs = this.clock.monotonic()
    return this.all.flatMap((connection) => connection.pending(nowMs)).sort((a, b) => b.ageMs - a.ageMs)
  }

  /** Destroys every connection. */
  async destroyAll(): Promise<void> {
    for (const connection of this.all) connection.cut()
    for (const socket of this.#accepted) socket.destroy()
    while (this.#connections.size > 0) await turnLoop()
  }

  /** Resolves when a response or a connection has ended, after `withinMs`, or when `signal` aborts. */
  async changed(withinMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort()
    this.#waiting.add(wake)
    await pause(this.clock, withinMs, AbortSignal.any([signal, woken.signal]))
    this.#waiting.delete(wake)
    // Thousands may end in one turn: who looks at all of them does so once.
    await turnLoop()
  }

  #wake(): void {
    if (this.#waiting.size > 0) for (const wake of this.#waiting) wake()
  }
}
