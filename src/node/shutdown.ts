import { messageOf, terminal } from '../base/index.ts'
import type { Dependencies, Released } from './dependencies/index.ts'
import type { Holds } from './holds.ts'
import type { DrainWork, PermitsBack } from './lifecycle.ts'
import { Part } from './part.ts'
import { RECORD_MS } from './platform/index.ts'
import type { Settings } from './settings.ts'
import type { DrainPart, Summary } from './summary.ts'
import {
  catchUp,
  Deadline,
  type Linger,
  lameDuck,
  type Pending,
  pause,
  pendingCalled,
  pendingText,
  type Traffic,
  type WebSockets,
} from './traffic/index.ts'
import { type Waiting, waitingText } from './waiting.ts'

/** What triggered a drain. */
export interface Trigger {
  readonly reason: string
  /** Whether somebody may have been told to send traffic. */
  readonly wasReady: boolean
  /** What went wrong, if that is why. */
  readonly error: unknown
}

/** Everything that has to come to an end. */
export interface Household {
  readonly traffic: Traffic
  readonly webSockets: WebSockets
  readonly dependencies: Dependencies
  readonly holds: Holds
}

/**
 * The work of a drain. Its parts are bounded by its deadline alone: one that was begun is never broken off, or the next
 * thing to end it is SIGKILL. Only before the listeners close can it be called off.
 */
export class Shutdown implements DrainWork {
  readonly inFlightAtFirst: number
  readonly #settings: Settings
  readonly #house: Household
  readonly #trigger: Trigger
  readonly #startedMs: number
  readonly #deadline: Deadline
  readonly #calledOff = new AbortController()
  readonly #idle: Linger
  readonly #parts: { readonly [Name in DrainPart | 'all']: Part }
  #part: DrainPart = 'lameDuck'
  #lameDuckMs: number
  #isAccepting = true
  /** Whether its flip does not keep up with it. */
  #lags = false
  #cut: readonly Pending[] = []
  #released: Released = {}
  #error: unknown

  /** From here on every response says goodbye, and nothing more is fetched. */
  constructor(settings: Settings, house: Household, trigger: Trigger) {
    const { clock, lameDuck, deadlineMs, lingerMs } = settings
    this.inFlightAtFirst = house.traffic.inFlight
    this.#settings = settings
    this.#house = house
    this.#trigger = trigger
    this.#startedMs = clock.monotonic()
    this.#deadline = new Deadline(clock)
    this.#deadline.within(lameDuck.maxMs + deadlineMs)
    this.#lameDuckMs = lameDuck.maxMs
    this.#idle = house.traffic.linger({ partedAtMs: this.#startedMs, lingerMs })
    const part = (): Part => new Part(clock)
    this.#parts = {
      lameDuck: part(),
      stopAccepting: part(),
      linger: part(),
      inFlight: part(),
      release: part(),
      all: part(),
    }
    this.#error = trigger.error
    house.traffic.part(() => this.#mayPart())
    house.dependencies.pause(this.#deadline.signal)
  }

  /** Whether it ended because it was called off. */
  get isCalledOff(): boolean {
    return this.#calledOff.signal.aborted
  }

  /** Serves everything until the balancers have let go. @throws when it is called off */
  lameDuck(): Promise<number> {
    return this.#once('lameDuck', async () => {
      if (this.#trigger.wasReady) await this.#untilQuiet()
      if (this.isCalledOff) throw terminal(this.#calledOff.signal.reason)
      this.#isAccepting = false
      this.#deadline.within(this.#settings.deadlineMs)
    })
  }

  /** Lets in what has already knocked, then closes the listeners. */
  stopAccepting(): Promise<number> {
    return this.#once('stopAccepting', () => this.#house.traffic.stopAccepting())
  }

  /** Idle connections stay a while, for a request that is already on its way. WebSockets are told to go elsewhere. */
  linger(): Promise<number> {
    const { signal } = this.#deadline
    return this.#once('linger', async () => {
      await Promise.all([this.#idle.untilNoneIdle(signal), this.#house.webSockets.farewell(signal)])
    })
  }

  /** Waits for what is in flight and what was fetched, then for the permits that are out. Cuts what is left at the deadline. */
  inFlight(permitsBack: PermitsBack): Promise<number> {
    const { traffic, webSockets, dependencies, holds } = this.#house
    return this.#once('inFlight', async () => {
      await Promise.all([this.#idle.untilNoneLeft(this.#deadline.signal), dependencies.drain(this.#deadline.signal)])
      const cut = traffic.pending()
      webSockets.end()
      await traffic.cut()
      const back = permitsBack(this.#deadline.signal).catch((error: unknown) => this.#unknown(error))
      const isBack = await this.#deadline.meets(back)
      const held = holds.pending()
      this.#cut = isBack ? cut : [...cut, ...(held.length > 0 ? held : [pendingCalled('permits', undefined, 0)])]
      for (const pending of this.#cut) this.#settings.terminal.say(`cut at the deadline: ${pendingText(pending)}`)
    })
  }

  /** Lets go of the dependencies: what needs them has ended. */
  async release(): Promise<Released> {
    await this.#once('release', async () => {
      this.#released = await this.#house.dependencies.release()
    })
    return this.#released
  }

  /**
   * Sees to it that every part is done: as a step of its flip or, where the flip has ended or does not come to it in
   * time, without. A drain that cannot be recorded still drains. Rejects when it is called off.
   */
  finish(flips: Promise<unknown>, permitsBack: PermitsBack): Promise<number> {
    const ended = new AbortController()
    const end = (): void => ended.abort()
    flips.then(end, end)
    return this.#parts.all.once(async () => {
      const { lameDuck, stopAccepting, linger, inFlight, release } = this.#parts
      await this.#begunBy(lameDuck, ended.signal).then(() => this.lameDuck())
      await this.#begunBy(stopAccepting, ended.signal).then(() => this.stopAccepting())
      await this.#begunBy(linger, ended.signal).then(() => this.linger())
      await this.#begunBy(inFlight, ended.signal).then(() => this.inFlight(permitsBack))
      this.#deadline.clear()
      await this.#begunBy(release, ended.signal).then(() => this.release())
    })
  }

  /** Something crashed: it ends earlier than it was to. Half of what is left is for the lame duck. */
  crashed(error: unknown, withinMs: number): void {
    const elapsedMs = this.#settings.clock.monotonic() - this.#startedMs
    this.#error ??= error
    this.#lameDuckMs = Math.min(this.#lameDuckMs, elapsedMs + withinMs / 2)
    this.#deadline.within(withinMs)
  }

  /** Whether the drain is called off by this: only while the listeners are open. */
  callOff(reason: string): boolean {
    if (!this.#isAccepting) return false
    this.#calledOff.abort(new Error(`called off: ${reason}`))
    this.#deadline.clear()
    this.#house.traffic.stay()
    return true
  }

  /** What it waits for at this moment. */
  waiting(): Waiting {
    const part = this.#part
    const pending = this.pending()
    const forMs = Math.round(this.#settings.clock.monotonic() - this.#startedMs)
    return { part, pending, text: waitingText(part, pending), forMs }
  }

  pending(): readonly Pending[] {
    const { traffic, dependencies, holds } = this.#house
    return [...traffic.pending(), ...holds.pending(), ...dependencies.pending()]
  }

  /** What it came to, once it has finished. `unrecorded`: what went wrong with that. */
  async summary(unrecorded: unknown): Promise<Summary> {
    const { traffic, webSockets, dependencies } = this.#house
    const { lameDuck, stopAccepting, linger, inFlight, release } = this.#parts
    const failed = dependencies.failures
    const error = this.#error ?? unrecorded
    return {
      reason: this.#trigger.reason,
      code: this.#cut.length > 0 || failed.length > 0 || error !== undefined ? 1 : 0,
      ms: {
        lameDuck: await lameDuck.took,
        stopAccepting: await stopAccepting.took,
        linger: await linger.took,
        inFlight: await inFlight.took,
        release: await release.took,
        total: Math.round(this.#settings.clock.monotonic() - this.#startedMs),
      },
      answered: traffic.answeredLate,
      refused: traffic.refusedLate,
      idleClosed: this.#idle.closed,
      goaways: traffic.goaways,
      webSockets: webSockets.closed,
      cut: this.#cut,
      failed,
      error,
    }
  }

  #once(part: DrainPart, run: () => Promise<void>): Promise<number> {
    return this.#parts[part].once(() => {
      this.#part = part
      return run()
    })
  }

  /** Goodbyes become more likely over the ramp; when nothing new is accepted any more, everybody gets one. */
  #mayPart(): boolean {
    const { clock, rampMs, random } = this.#settings
    const elapsedMs = clock.monotonic() - this.#startedMs
    return !this.#isAccepting || elapsedMs >= rampMs || random() < elapsedMs / rampMs
  }

  /** A flip that has not come to its step in time once is waited for no more; it joins when it does. */
  async #begunBy(part: Part, ended: AbortSignal): Promise<void> {
    if (this.#lags) return
    const given = AbortSignal.any([part.begun, ended, this.#deadline.signal])
    await pause(this.#settings.clock, RECORD_MS, given)
    this.#lags = !given.aborted
  }

  async #untilQuiet(): Promise<void> {
    const { clock, lameDuck: limits } = this.#settings
    const given = AbortSignal.any([this.#calledOff.signal, this.#deadline.signal])
    while (!given.aborted) {
      // A timer runs before what has arrived is read: a process that stood still has not been left alone.
      await catchUp()
      const nowMs = clock.monotonic()
      const quietForMs = nowMs - this.#house.traffic.lastTrafficMs
      const decision = lameDuck(nowMs - this.#startedMs, quietForMs, { ...limits, maxMs: this.#lameDuckMs })
      if (decision.type === 'end') return
      await pause(clock, decision.ms, given)
    }
  }

  #unknown(error: unknown): boolean {
    this.#settings.terminal.say(`whether all permits came back is not known: ${messageOf(error)}`)
    return false
  }
}
