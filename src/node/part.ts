import type { Clock } from '../base/index.ts'

/** Work that is done once, however often it is asked for. */
export class Part {
  readonly #clock: Clock
  readonly #begun = new AbortController()
  #took: Promise<number> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborts when it begins. */
  get begun(): AbortSignal {
    return this.#begun.signal
  }

  /** What it took, in ms; 0 when it was never begun. */
  get took(): Promise<number> {
    return this.#took ?? Promise.resolve(0)
  }

  /** Runs it, or joins it; answers how many ms it took. */
  once(run: () => Promise<void>): Promise<number> {
    if (this.#took !== undefined) return this.#took
    const startedMs = this.#clock.monotonic()
    this.#took = run().then(() => Math.round(this.#clock.monotonic() - startedMs))
    this.#begun.abort()
    return this.#took
  }
}
