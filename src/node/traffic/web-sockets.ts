import { type Clock, messageOf } from '../../base/index.ts'
import { bounded, pause } from './wait.ts'
import type { WebSocketLike, WebSocketSpec } from './web-socket-servers.ts'

/** "Service restart": to be opened again, which leads to another instance. */
const RESTART = 1012
const REASON = 'service restart'
const LONGEST_SPREAD_MS = 500
const SPREAD_EACH_MS = 5

/** When each of `count` sockets is closed, in ms from now, ascending: by chance, lest all of them come back at once. */
export function spread(count: number, random: () => number): readonly number[] {
  const overMs = Math.min(count * SPREAD_EACH_MS, LONGEST_SPREAD_MS)
  return Array.from({ length: count }, () => random() * overMs).sort((a, b) => a - b)
}

/** The WebSockets of a service, and how they are told to go elsewhere. */
export class WebSockets {
  readonly #specs: readonly WebSocketSpec[]
  readonly #clock: Clock
  readonly #random: () => number
  readonly #say: (line: string) => void
  readonly #closed = new Map<number, number>()
  readonly #failures: unknown[] = []
  readonly #late = (socket: WebSocketLike): void => {
    this.#watch(socket)
    this.#close(socket)
  }

  constructor(
    specs: readonly WebSocketSpec[],
    clock: Clock,
    { random, say }: { readonly random: () => number; readonly say: (line: string) => void },
  ) {
    this.#specs = specs
    this.#clock = clock
    this.#random = random
    this.#say = say
  }

  /** How many have closed since the farewell began, by the code they closed with. 1006: without a goodbye. */
  get closed(): { readonly [code: number]: number } {
    return Object.fromEntries(this.#closed)
  }

  /** Tells every client to go elsewhere, and from here on whoever comes. Resolves when all were told, or `deadline` aborts. */
  async farewell(deadline: AbortSignal): Promise<void> {
    for (const { server } of this.#specs) server.on('connection', this.#late)
    const leaving = this.#specs.flatMap((spec) => [...spec.server.clients].map((socket) => ({ socket, spec })))
    for (const { socket } of leaving) this.#watch(socket)
    const times = spread(leaving.length, this.#random)
    const startedMs = this.#clock.monotonic()
    const left: Promise<void>[] = []
    for (const [index, { socket, spec }] of leaving.entries()) {
      const waitMs = startedMs + (times[index] ?? 0) - this.#clock.monotonic()
      if (waitMs >= 1) await pause(this.#clock, waitMs, deadline)
      if (deadline.aborted) break
      left.push(this.#leave(socket, spec, deadline))
    }
    await Promise.all(left)
    const [first] = this.#failures
    if (first !== undefined) this.#say(`onDrain failed for ${this.#failures.length} WebSockets: ${messageOf(first)}`)
  }

  /** Ends those that have not answered; nobody who comes later is told any more. */
  end(): void {
    for (const { server } of this.#specs) {
      server.off('connection', this.#late)
      for (const socket of server.clients) socket.terminate()
    }
  }

  async #leave(socket: WebSocketLike, spec: WebSocketSpec, deadline: AbortSignal): Promise<void> {
    await this.#lastWords(socket, spec, deadline)
    this.#close(socket)
  }

  /** A hook that fails, or is not done in time, is told of; its socket is closed like any other. */
  async #lastWords(socket: WebSocketLike, { onDrain, limitMs }: WebSocketSpec, deadline: AbortSignal): Promise<void> {
    if (onDrain === undefined) return
    try {
      await bounded(this.#clock, limitMs, { signal: deadline }, (context) => onDrain(socket, context))
    } catch (error) {
      this.#failures.push(error)
    }
  }

  #watch(socket: WebSocketLike): void {
    socket.once('close', (code) => this.#closed.set(code, (this.#closed.get(code) ?? 0) + 1))
  }

  #close(socket: WebSocketLike): void {
    socket.close(RESTART, REASON)
  }
}
