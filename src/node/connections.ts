import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../base/index.ts'
import { type Connection, connectionOn, type Exchange, type Pending, pendingOn } from './connection.ts'
import { sayGoodbye } from './goodbye.ts'
import { Hold } from './hold.ts'
import { pause, turnLoop } from './wait.ts'

/** The connections of one server, and the requests on them. Touches nothing that is private to Node. */
export class Connections {
  readonly hold: Hold = new Hold()
  readonly #clock: Clock
  readonly #accepted = new Set<Socket>()
  readonly #connections = new Map<Socket, Connection>()
  #wake = (): void => {}
  #isParting = false
  #acceptedTotal = 0
  #lastAcceptedMs = Number.NEGATIVE_INFINITY
  #inFlight = 0
  #answeredLate = 0
  #lastTrafficMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get all(): readonly Connection[] {
    return [...this.#connections.values()]
  }

  /** How many connections were ever accepted. */
  get acceptedTotal(): number {
    return this.#acceptedTotal
  }

  /** Monotonic ms of the last connection that was accepted. */
  get lastAcceptedMs(): number {
    return this.#lastAcceptedMs
  }

  /** Requests that are being served, without probes. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Requests that were answered in full since the goodbye began, without probes. */
  get answeredLate(): number {
    return this.#answeredLate
  }

  /** Monotonic ms of the last request that was no probe. */
  get lastTrafficMs(): number {
    return this.#lastTrafficMs
  }

  /** A connection was accepted; HTTP may not be spoken on it yet. */
  accepted(socket: Socket): void {
    this.#acceptedTotal++
    this.#lastAcceptedMs = this.#clock.monotonic()
    this.#accepted.add(socket)
    socket.once('close', () => this.#accepted.delete(socket))
  }

  /** HTTP can be spoken on `socket`. */
  opened(socket: Socket): void {
    this.#connection(socket)
  }

  /** `socket` speaks another protocol from here on. */
  upgraded(socket: Socket): void {
    this.#connection(socket).protocol = 'upgraded'
  }

  /** False after a response on `socket` has said goodbye: a request that comes now is not answered, so it must not run. */
  mayRun(socket: Socket): boolean {
    return this.#connection(socket).goodbye === 'unsaid'
  }

  /** Takes note of a request, until its response is over; then the permit is given back. On the path of every request. */
  begin(request: IncomingMessage, response: ServerResponse, permit: Exchange['permit']): void {
    const { socket } = request
    const connection = this.#connection(socket)
    const exchange = { request, response, permit, startedMs: this.#clock.monotonic(), writtenBefore: 0 }
    connection.exchanges.add(exchange)
    if (permit !== 'probe') {
      this.#inFlight++
      this.#lastTrafficMs = exchange.startedMs
    }
    if (this.#isParting) part(connection, exchange)
    response.on('close', () => {
      // After an early answer the rest of the body is still to come; the connection is not idle before.
      if (request.complete || socket.destroyed) this.#end(connection, exchange)
      else request.on('close', () => this.#end(connection, exchange))
    })
  }

  /** From here on every response whose head has not been sent says goodbye. */
  part(): void {
    if (this.#isParting) return
    this.#isParting = true
    for (const connection of this.#connections.values()) {
      for (const exchange of connection.exchanges) part(connection, exchange)
    }
  }

  /** What keeps connections open, oldest first. */
  pending(): readonly Pending[] {
    const nowMs = this.#clock.monotonic()
    return this.all.flatMap((connection) => pendingOn(connection, nowMs)).sort((a, b) => b.ageMs - a.ageMs)
  }

  /** Destroys every connection. */
  async destroyAll(): Promise<void> {
    for (const socket of [...this.#connections.keys(), ...this.#accepted]) socket.destroy()
    while (this.#connections.size > 0) await turnLoop()
  }

  /** Resolves when a response or a connection has ended, after `withinMs`, or when `signal` aborts. */
  async changed(withinMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await pause(this.#clock, withinMs, AbortSignal.any([signal, woken.signal]))
    this.#wake = () => {}
  }

  #connection(socket: Socket): Connection {
    const known = this.#connections.get(socket)
    if (known !== undefined) return known
    const connection = connectionOn(socket, this.#clock.monotonic())
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      for (const exchange of connection.exchanges) this.#end(connection, exchange)
      this.#connections.delete(socket)
      this.#wake()
    })
    return connection
  }

  #end(connection: Connection, exchange: Exchange): void {
    if (!connection.exchanges.delete(exchange)) return
    connection.idleAtBytes = connection.socket.bytesRead
    if (exchange.permit !== 'probe') {
      this.#inFlight--
      exchange.permit.done()
    }
    if (!this.#isParting) return
    connection.idleSinceMs = this.#clock.monotonic()
    if (exchange.permit !== 'probe' && exchange.response.writableFinished) this.#answeredLate++
    this.#wake()
  }
}

/** Decided when the head is sent: of pipelined responses only the last that is queued may say goodbye. */
function part(connection: Connection, exchange: Exchange): void {
  exchange.writtenBefore = connection.socket.bytesWritten
  sayGoodbye(exchange.response, () => {
    if ([...connection.exchanges].at(-1) !== exchange) return false
    connection.goodbye = 'said'
    return true
  })
}
