import type { Actor, Body, Clock } from '../ports/index.ts'

/** For how long the same denial is counted instead of recorded. */
const WINDOW_MS = 60_000
const MOST_REMEMBERED = 1_000

type Denied = Extract<Body, { kind: 'denied' }>

interface Remembered {
  readonly sinceMs: number
  repeats: number
}

/**
 * Coalesces denials: the first of a kind (actor, flip, reason) is recorded at once, its repeats within a minute are
 * counted, and the next that is recorded carries the count. So nobody can flood a journal by being refused.
 */
export class Denials {
  readonly #clock: Clock
  readonly #seen = new Map<string, Remembered>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The record to write for a denial; undefined when it is only counted. */
  note(subject: string, denied: Omit<Denied, 'kind' | 'repeats'>): Denied | undefined {
    const kind = JSON.stringify([subject, idOf(denied.actor), denied.flip, denied.guard, denied.reason])
    const seen = this.#seen.get(kind)
    const now = this.#clock.monotonic()
    if (seen !== undefined && now - seen.sinceMs < WINDOW_MS) {
      seen.repeats += 1
      return undefined
    }
    this.#seen.delete(kind)
    this.#seen.set(kind, { sinceMs: now, repeats: 0 })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > MOST_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest)
    return { kind: 'denied', ...denied, repeats: seen?.repeats ?? 0 }
  }
}

function idOf(actor: Actor | undefined): string | undefined {
  return actor?.id
}
