import { messageOf } from '../base/index.ts'
import type { Pending } from './connection.ts'
import type { Connections } from './connections.ts'
import { RECORD_MS } from './exit.ts'
import { pendingText } from './health.ts'
import { lameDuck } from './lame-duck.ts'
import type { DrainWork } from './lifecycle.ts'
import { Linger } from './linger.ts'
import { closeServer, stopAccepting } from './listener.ts'
import { Part } from './part.ts'
import type { Settings } from './settings.ts'
import type { DrainPart, Summary } from './summary.ts'
import { Deadline, NEVER, pause, turnLoop } from './wait.ts'

/** What triggered a drain. `wasReady`: somebody may have been told to send traffic. */
export interface Trigger {
  readonly reason: string
  readonly wasReady: boolean
}

/**
 * The work of a drain. Its parts are bounded by its deadline alone: one that was begun is never broken off, or the next
 * thing to end it is SIGKILL.
 */
export class Shutdown implements DrainWork {
  readonly inFlightAtFirst: number
  readonly #settings: Settings
  readonly #connections: Connections
  readonly #trigger: Trigger
  readonly #startedMs: number
  readonly #deadline: Deadline
  readonly #idle: Linger
  readonly #parts: { readonly [Name in DrainPart | 'all']: Part }
  #cut: readonly Pending[] = []

  /** From here on every response says goodbye. */
  constructor(settings: Settings, connections: Connections, trigger: Trigger) {
    const { clock, lameDuck, deadlineMs, lingerMs } = settings
    this.inFlightAtFirst = connections.inFlight
    this.#settings = settings
    this.#connections = connections
    this.#trigger = trigger
    this.#startedMs = clock.monotonic()
    this.#deadline = new Deadline(clock)
    this.#deadline.within(lameDuck.maxMs + deadlineMs)
    this.#idle = new Linger(connections, clock, { partedAtMs: this.#startedMs, lingerMs })
    const part = (): Part => new Part(clock)
    this.#parts = { lameDuck: part(), stopAccepting: part(), linger: part(), inFlight: part(), all: part() }
    connections.part()
  }

  /** Serves everything until the balancers have let go. */
  lameDuck(): Promise<number> {
    return this.#parts.lameDuck.once(async () => {
      if (this.#trigger.wasReady) await this.#untilQuiet()
      this.#deadline.within(this.#settings.deadlineMs)
    })
  }

  /** Lets in what has already knocked, then closes the listener. */
  stopAccepting(): Promise<number> {
    const { server, clock } = this.#settings
    return this.#parts.stopAccepting.once(() => stopAccepting(server, this.#connections, clock))
  }

  /** Idle connections stay a while, for a request that is already on its way. */
  linger(): Promise<number> {
    return this.#parts.linger.once(() => this.#idle.untilNoneIdle(this.#deadline.signal))
  }

  /** Waits for what is in flight, and then for the permits that are out. Cuts what is left at the deadline. */
  inFlight(permitsBack: () => Promise<void>): Promise<number> {
    return this.#parts.inFlight.once(async () => {
      await this.#idle.untilNoneLeft(this.#deadline.signal)
      const cut = this.#connections.pending()
      await this.#connections.destroyAll()
      this.#cut = (await this.#inTime(permitsBack())) ? cut : [...cut, PERMITS]
      for (const pending of this.#cut) this.#settings.log(`cut at the deadline: ${pendingText(pending)}`)
      closeServer(this.#settings.server)
    })
  }

  /**
   * Sees to it that every part is done: as a step of its flip or, where the flip has ended or does not come to it in
   * time, without. A drain that cannot be recorded still drains.
   */
  finish(flips: Promise<unknown>, permitsBack: () => Promise<void>): Promise<number> {
    const ended = new AbortController()
    const end = (): void => ended.abort()
    flips.then(end, end)
    return this.#parts.all.once(async () => {
      const { lameDuck, stopAccepting, linger, inFlight } = this.#parts
      await this.#begunBy(lameDuck, ended.signal).then(() => this.lameDuck())
      await this.#begunBy(stopAccepting, ended.signal).then(() => this.stopAccepting())
      await this.#begunBy(linger, ended.signal).then(() => this.linger())
      await this.#begunBy(inFlight, ended.signal).then(() => this.inFlight(permitsBack))
      this.#deadline.clear()
    })
  }

  /** What it came to, once it has finished. */
  async summary(error: unknown): Promise<Summary> {
    const { lameDuck, stopAccepting, linger, inFlight } = this.#parts
    return {
      reason: this.#trigger.reason,
      code: this.#cut.length > 0 || error !== undefined ? 1 : 0,
      ms: {
        lameDuck: await lameDuck.took,
        stopAccepting: await stopAccepting.took,
        linger: await linger.took,
        inFlight: await inFlight.took,
        total: Math.round(this.#settings.clock.monotonic() - this.#startedMs),
      },
      answered: this.#connections.answeredLate,
      idleClosed: this.#idle.closed,
      cut: this.#cut,
      error,
    }
  }

  #begunBy(part: Part, ended: AbortSignal): Promise<void> {
    return pause(this.#settings.clock, RECORD_MS, AbortSignal.any([part.begun, ended, this.#deadline.signal]))
  }

  async #untilQuiet(): Promise<void> {
    const { clock, lameDuck: limits } = this.#settings
    for (;;) {
      const nowMs = clock.monotonic()
      const decision = lameDuck(nowMs - this.#startedMs, nowMs - this.#connections.lastTrafficMs, limits)
      if (decision.type === 'end') return
      await pause(clock, decision.ms, NEVER)
    }
  }

  async #inTime(permitsBack: Promise<void>): Promise<boolean> {
    const { signal } = this.#deadline
    const back = permitsBack.then(
      () => true,
      (error: unknown) => this.#unknown(error),
    )
    if (signal.aborted) return Promise.race([back, turnLoop().then(() => false)])
    const late = new Promise<boolean>((resolve) =>
      signal.addEventListener('abort', () => resolve(false), { once: true }),
    )
    return Promise.race([back, late])
  }

  #unknown(error: unknown): boolean {
    this.#settings.log(`whether all permits came back is not known: ${messageOf(error)}`)
    return false
  }
}

const PERMITS: Pending = { what: 'permits', method: undefined, path: undefined, ageMs: 0, bytes: 0 }
