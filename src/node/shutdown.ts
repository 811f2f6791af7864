import { messageOf } from '../base/index.ts'
import { RECORD_MS } from './exit.ts'
import type { DrainWork } from './lifecycle.ts'
import { Part } from './part.ts'
import type { Settings } from './settings.ts'
import type { DrainPart, Summary } from './summary.ts'
import {
  Deadline,
  type Linger,
  lameDuck,
  NEVER,
  type Pending,
  pause,
  pendingCalled,
  pendingText,
  type Traffic,
  turnLoop,
} from './traffic/index.ts'

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
  readonly #traffic: Traffic
  readonly #trigger: Trigger
  readonly #startedMs: number
  readonly #deadline: Deadline
  readonly #idle: Linger
  readonly #parts: { readonly [Name in DrainPart | 'all']: Part }
  #cut: readonly Pending[] = []

  /** From here on every response says goodbye. */
  constructor(settings: Settings, traffic: Traffic, trigger: Trigger) {
    const { clock, lameDuck, deadlineMs, lingerMs } = settings
    this.inFlightAtFirst = traffic.inFlight
    this.#settings = settings
    this.#traffic = traffic
    this.#trigger = trigger
    this.#startedMs = clock.monotonic()
    this.#deadline = new Deadline(clock)
    this.#deadline.within(lameDuck.maxMs + deadlineMs)
    this.#idle = traffic.linger({ partedAtMs: this.#startedMs, lingerMs })
    const part = (): Part => new Part(clock)
    this.#parts = { lameDuck: part(), stopAccepting: part(), linger: part(), inFlight: part(), all: part() }
    traffic.part(() => true)
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
    return this.#parts.stopAccepting.once(() => this.#traffic.stopAccepting())
  }

  /** Idle connections stay a while, for a request that is already on its way. */
  linger(): Promise<number> {
    return this.#parts.linger.once(() => this.#idle.untilNoneIdle(this.#deadline.signal))
  }

  /** Waits for what is in flight, and then for the permits that are out. Cuts what is left at the deadline. */
  inFlight(permitsBack: () => Promise<void>): Promise<number> {
    return this.#parts.inFlight.once(async () => {
      await this.#idle.untilNoneLeft(this.#deadline.signal)
      const cut = this.#traffic.pending()
      await this.#traffic.cut()
      this.#cut = (await this.#inTime(permitsBack())) ? cut : [...cut, pendingCalled('permits', undefined, 0)]
      for (const pending of this.#cut) this.#settings.log(`cut at the deadline: ${pendingText(pending)}`)
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
      answered: this.#traffic.answeredLate,
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
      const decision = lameDuck(nowMs - this.#startedMs, nowMs - this.#traffic.lastTrafficMs, limits)
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
