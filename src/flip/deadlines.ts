import type { Clock, Stop } from '../base/index.ts'

interface Deadline {
  readonly at: number
  readonly passed: () => void
}

type Watch =
  | { readonly type: 'idle' }
  | { readonly type: 'glance'; readonly stop: Stop }
  | { readonly type: 'armed'; readonly at: number; readonly stop: Stop }

/**
 * Many deadlines on one timer. Work that ends in the same turn of the loop, as most does in memory, costs an entry in a
 * set and no timer: the first deadline after a rest only asks to be looked at again in the next turn.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #set = new Set<Deadline>()
  #watch: Watch = { type: 'idle' }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `passed` in `ms`, unless the stop that it returns is called first. */
  add(ms: number, passed: () => void): Stop {
    const deadline = { at: this.#clock.monotonic() + ms, passed }
    this.#set.add(deadline)
    if (this.#watch.type === 'idle') this.#watch = { type: 'glance', stop: this.#clock.timer(0, () => this.#arm()) }
    else if (this.#watch.type === 'armed' && deadline.at < this.#watch.at) this.#arm()
    return () => this.#remove(deadline)
  }

  #remove(deadline: Deadline): void {
    this.#set.delete(deadline)
    if (this.#set.size > 0 || this.#watch.type !== 'armed') return
    this.#watch.stop()
    this.#watch = { type: 'idle' }
  }

  #arm(): void {
    if (this.#watch.type !== 'idle') this.#watch.stop()
    this.#watch = { type: 'idle' }
    if (this.#set.size === 0) return
    let at = Number.POSITIVE_INFINITY
    for (const deadline of this.#set) at = Math.min(at, deadline.at)
    const ms = Math.max(0, at - this.#clock.monotonic())
    this.#watch = { type: 'armed', at, stop: this.#clock.timer(ms, () => this.#pass()) }
  }

  #pass(): void {
    const now = this.#clock.monotonic()
    // A timer may fire a fraction early: what is not due yet is armed again.
    const due = [...this.#set].filter((deadline) => deadline.at <= now)
    for (const deadline of due) this.#set.delete(deadline)
    this.#arm()
    for (const deadline of due) deadline.passed()
  }
}
