import { formatMs, isPhasegateError } from '../base/index.ts'
import { type HeldLease, withLease } from '../flip/index.ts'
import type { Clock, Lock } from '../ports/index.ts'
import type { TrailLag } from '../telemetry/index.ts'
import { untilAborted } from './within.ts'
import type { Turn, Work } from './work.ts'

/** How the turns of a work are taken. */
export interface RunnerOptions {
  readonly lock: Lock
  readonly resource: string
  readonly leaseTtlMs: number
  /** How long who finds the resource taken waits before it asks again, give or take half of it. */
  readonly pollMs: number
  readonly clock: Clock
  readonly random: () => number
}

type State =
  /** Nobody wants anything. */
  | { readonly type: 'idle' }
  /** `lasting`: until it is stopped; otherwise while somebody waits for it to be level. */
  | { readonly type: 'going'; readonly lasting: boolean; readonly done: Promise<void> }
  | { readonly type: 'stopped'; readonly done: Promise<void> }

/** Somebody who waits until nothing is left of what there was. */
interface Waiter {
  readonly resolve: () => void
  readonly reject: (cause: string) => void
}

/** A wait for something to do, or for what failed to be tried again. */
interface Nap {
  readonly why: 'level' | 'failed'
  readonly wake: () => void
}

const STOPPED = 'the trail was closed'

/** Takes the turns of one work while it holds the lease on it, waits where there is nothing to do, and begins again. */
export class Runner {
  readonly #work: Work
  readonly #options: RunnerOptions
  readonly #waiters = new Set<Waiter>()
  readonly #end = new AbortController()
  #state: State = { type: 'idle' }
  #role: TrailLag['role'] = 'idle'
  #nap: Nap | undefined
  /** There may be something to do that the turn under way has not seen. */
  #isHurried = false

  constructor(work: Work, options: RunnerOptions) {
    this.#work = work
    this.#options = options
  }

  get role(): TrailLag['role'] {
    return this.#role
  }

  /** Goes on until it is stopped. */
  start(): void {
    this.#go(true)
  }

  /**
   * Resolves when nothing is left of what there is now. Rejects, with the cause as a text, at the first failure, when
   * another process has it, or after `withinMs`.
   */
  drain(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = (): void => this.#reject([waiter], `it was not within ${formatMs(withinMs)}`)
      const stop = this.#options.clock.timer(withinMs, late)
      const waiter: Waiter = {
        resolve: () => {
          stop()
          resolve()
        },
        reject: (cause) => {
          stop()
          reject(cause)
        },
      }
      this.#waiters.add(waiter)
      this.#isHurried = true
      this.#go(false)
      this.#nap?.wake()
    })
  }

  /** There may be something to do. What failed is not tried sooner for that. */
  hurry(): void {
    this.#isHurried = true
    if (this.#nap?.why === 'level') this.#nap.wake()
  }

  /** Takes no more turns. Resolves when the last one is over, and the lease given back. */
  async stop(): Promise<void> {
    if (this.#state.type !== 'stopped') {
      const done = this.#state.type === 'going' ? this.#state.done : Promise.resolve()
      this.#state = { type: 'stopped', done }
    }
    this.#nap?.wake()
    await this.#state.done
    this.#reject([...this.#waiters], STOPPED)
  }

  /** Waits for the last turn no longer. */
  abandon(): void {
    this.#end.abort(new Error(STOPPED))
  }

  #go(lasting: boolean): void {
    switch (this.#state.type) {
      case 'idle':
        // Begun when the state says so.
        this.#state = { type: 'going', lasting, done: Promise.resolve().then(() => this.#run()) }
        return
      case 'going':
        this.#state = { ...this.#state, lasting: lasting || this.#state.lasting }
        return
      case 'stopped':
        this.#reject([...this.#waiters], STOPPED)
    }
  }

  async #run(): Promise<void> {
    while (this.#isWanted()) await this.#once()
    this.#role = 'idle'
    if (this.#state.type === 'going') this.#state = { type: 'idle' }
  }

  #isWanted(): boolean {
    return this.#state.type === 'going' && (this.#state.lasting || this.#waiters.size > 0)
  }

  async #once(): Promise<void> {
    const { lock, resource, leaseTtlMs: ttl, clock } = this.#options
    this.#isHurried = false
    try {
      await withLease(lock, resource, { ttl, clock, signal: this.#end.signal }, (lease) => this.#hold(lease))
    } catch (error) {
      if (!this.#end.signal.aborted) await this.#without(error)
    }
  }

  async #hold(lease: HeldLease): Promise<void> {
    this.#role = 'delivering'
    this.#work.forget()
    lease.signal.addEventListener('abort', () => this.#nap?.wake(), { once: true })
    while (this.#isWanted()) {
      lease.assertHeld()
      this.#isHurried = false
      const asked = [...this.#waiters]
      const turn = await untilAborted(this.#end.signal, this.#work.turn())
      this.#settle(asked, turn)
      if (turn.type !== 'again' && !lease.signal.aborted) await this.#rest(turn.type, turn.waitMs)
    }
  }

  /** The lease was not to be had, or is lost. */
  async #without(error: unknown): Promise<void> {
    const { pollMs, random } = this.#options
    const asked = [...this.#waiters]
    const isBusy = isPhasegateError(error, 'RESOURCE_BUSY')
    this.#role = 'standby'
    if (isBusy || isPhasegateError(error, 'LEASE_LOST')) {
      if (isBusy) this.#reject(asked, 'another process delivers to it')
      return this.#rest('level', pollMs * (0.5 + random()))
    }
    const turn = this.#work.lockFailed(error)
    this.#settle(asked, turn)
    await this.#rest('failed', turn.waitMs)
  }

  #settle(asked: readonly Waiter[], turn: Turn): void {
    if (turn.type === 'failed') return this.#reject(asked, turn.cause)
    if (turn.type !== 'level' || turn.withheld) return
    for (const waiter of asked) {
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #reject(waiters: readonly Waiter[], cause: string): void {
    for (const waiter of waiters) {
      this.#waiters.delete(waiter)
      waiter.reject(cause)
    }
  }

  /** Keeps the process alive only for those who wait. */
  async #rest(why: Nap['why'], ms: number): Promise<void> {
    if (!this.#isWanted()) return
    // Who came while the turn was under way has not had its try.
    if (this.#isHurried && (why === 'level' || this.#waiters.size > 0)) return
    const background = this.#waiters.size === 0
    await new Promise<void>((resolve) => {
      const stop = this.#options.clock.timer(ms, () => this.#nap?.wake(), { background })
      const wake = (): void => {
        stop()
        this.#nap = undefined
        resolve()
      }
      this.#nap = { why, wake }
    })
  }
}
