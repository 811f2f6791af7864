import { type Clock, PhasegateError, type Stop } from '../base/index.ts'

/** What a holder has to say of a lease: what it holds, and how to prolong it. */
export interface TenureOptions {
  readonly resource: string
  readonly epoch: number
  readonly ttlMs: number
  readonly clock: Clock
  /** The store's answer: false is a refusal, a rejection is no answer. */
  readonly renew: (ttlMs: number) => Promise<boolean>
  /** Called once, when the lease is lost. */
  readonly lost: () => void
}

type State = { readonly type: 'held'; readonly untilMs: number } | { readonly type: 'lost' }

/**
 * The holder's side of a lease. It counts by its own monotonic clock, from before the request was sent, and gives up at
 * ⅔ of the ttl: before the store would give the lease to another. Lost is for good.
 */
export class Tenure {
  readonly #options: TenureOptions
  #state: State

  constructor(options: TenureOptions, askedAtMs: number) {
    this.#options = options
    this.#state = { type: 'held', untilMs: askedAtMs + (options.ttlMs * 2) / 3 }
  }

  get epoch(): number {
    return this.#options.epoch
  }

  /** A write that the store accepted has renewed the lease, counted from when it was asked. */
  extend(askedAtMs: number): void {
    if (this.#state.type === 'lost' || !this.isHeld()) return
    // An answer that was long on its way takes nothing back that a later one has given.
    const untilMs = Math.max(this.#state.untilMs, askedAtMs + (this.#options.ttlMs * 2) / 3)
    this.#state = { type: 'held', untilMs }
  }

  /** Judged now, by the clock: a timer that a blocked event loop has delayed cannot make it true. */
  isHeld(): boolean {
    if (this.#state.type === 'lost') return false
    if (this.#options.clock.monotonic() < this.#state.untilMs) return true
    this.lose()
    return false
  }

  /** @throws LEASE_LOST */
  assertHeld(): void {
    if (!this.isHeld()) throw this.lossOf()
  }

  lossOf(): PhasegateError<'LEASE_LOST'> {
    const { resource, epoch } = this.#options
    return new PhasegateError(
      'LEASE_LOST',
      `the lease on ${resource} (epoch ${epoch}) could not be renewed in time; another owner may have taken over`,
      { resource, epoch },
    )
  }

  lose(): void {
    if (this.#state.type === 'lost') return
    this.#state = { type: 'lost' }
    this.#options.lost()
  }

  /** One heartbeat. No answer is not a no: the deadline decides, to the moment. */
  async beat(): Promise<void> {
    if (!this.isHeld() || this.#state.type === 'lost') return
    const { clock, renew, ttlMs } = this.#options
    const askedAtMs = clock.monotonic()
    const stop = clock.timer(this.#state.untilMs - askedAtMs, () => this.isHeld(), { background: true })
    const renewed = await renew(ttlMs).catch(() => undefined)
    if (renewed === undefined) return
    stop()
    if (renewed) this.extend(askedAtMs)
    else this.lose()
  }
}

/** Beats for everything that is held, every third of the ttl, on one timer that runs only while something is held. */
export class Heart {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #beating = new Set<() => Promise<void>>()
  #stop: Stop | undefined

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#everyMs = ttlMs / 3
  }

  add(beat: () => Promise<void>): Stop {
    this.#beating.add(beat)
    this.#stop ??= this.#clock.timer(this.#everyMs, () => this.#tick(), { background: true })
    return () => this.#beating.delete(beat)
  }

  #tick(): void {
    this.#stop = undefined
    if (this.#beating.size === 0) return
    this.#stop = this.#clock.timer(this.#everyMs, () => this.#tick(), { background: true })
    for (const beat of this.#beating) void beat()
  }
}
