import type { Clock, Stop } from '../../ports/index.ts'

interface Watched {
  readonly endsMs: number
  readonly giveUp: () => void
}

/** Gives up what has not ended in time, all with one timer: what is asked often must not set one each time. */
export class Overdue {
  readonly #clock: Clock
  readonly #withinMs: number
  /** In the order they end, since all have the same time. */
  readonly #watched = new Set<Watched>()
  #isTicking = false

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock
    this.#withinMs = withinMs
  }

  watch(giveUp: () => void): Stop {
    const watched = { endsMs: this.#clock.monotonic() + this.#withinMs, giveUp }
    this.#watched.add(watched)
    if (!this.#isTicking) this.#tickIn(this.#withinMs)
    return () => this.#watched.delete(watched)
  }

  #tickIn(ms: number): void {
    this.#isTicking = true
    // In the background: a client that may yet answer keeps the process alive by itself.
    this.#clock.timer(ms, () => this.#tick(), { background: true })
  }

  #tick(): void {
    this.#isTicking = false
    for (const watched of this.#watched) {
      const leftMs = watched.endsMs - this.#clock.monotonic()
      if (leftMs > 0) return this.#tickIn(leftMs)
      this.#watched.delete(watched)
      watched.giveUp()
    }
  }
}
