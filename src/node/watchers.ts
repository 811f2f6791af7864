import { callable, refuse, type Stop } from '../base/index.ts'
import type { Waiting } from './waiting.ts'

type Listener = (waiting: Waiting) => void

/** Who wants to know what is waited for. */
export class Watchers {
  readonly #listeners = new Set<Listener>()

  on(event: 'waiting', listener: Listener): Stop {
    if (event !== 'waiting') return refuse('the event of a service', event, "'waiting'")
    const listen: Listener = callable(listener, "the listener of 'waiting'")
    // A listener of its own each time: one that is added twice is told twice, and taken away once.
    const own: Listener = (waiting) => listen(waiting)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** What a listener throws is for `failed`. */
  tell(waiting: Waiting, failed: (error: unknown) => void): void {
    for (const listener of this.#listeners) {
      try {
        listener(waiting)
      } catch (error) {
        failed(error)
      }
    }
  }
}
