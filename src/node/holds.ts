import type { Clock } from '../base/index.ts'
import { type Pending, pendingCalled, type Returnable } from './traffic/index.ts'

/** Work that is no request and has to end before the service does. Each holds a permit. */
export class Holds {
  readonly #clock: Clock
  readonly #held = new Set<{ readonly name: string; readonly sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now until `done`, which may be called more than once. */
  take(name: string, permit: Returnable): Returnable {
    const hold = { name, sinceMs: this.#clock.monotonic() }
    this.#held.add(hold)
    const done = (): void => {
      if (this.#held.delete(hold)) permit.done()
    }
    return { done }
  }

  pending(): readonly Pending[] {
    const nowMs = this.#clock.monotonic()
    return [...this.#held].map(({ name, sinceMs }) => pendingCalled('hold', name, nowMs - sinceMs))
  }
}
