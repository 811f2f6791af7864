import type { Desk } from './desk.ts'

/** How many desks are kept although nobody may hold them. */
const MOST_KEPT = 10_000

/**
 * The desks of a gate: for each subject one, for as long as anybody uses it. Beyond the ones used last, a desk that is at
 * rest is kept only by those who hold it: a gate of a million subjects remembers some of them.
 */
export class Desks {
  readonly #open: (id: string) => Desk
  readonly #mostKept: number
  readonly #kept = new Map<string, Desk>()
  readonly #held = new Map<string, WeakRef<Desk>>()
  readonly #letGo = new FinalizationRegistry<string>((id) => {
    if (this.#held.get(id)?.deref() === undefined) this.#held.delete(id)
  })

  constructor(open: (id: string) => Desk, mostKept: number = MOST_KEPT) {
    this.#open = open
    this.#mostKept = mostKept
  }

  get(id: string): Desk {
    const kept = this.#kept.get(id)
    if (kept !== undefined) return kept
    const desk = this.#held.get(id)?.deref() ?? this.#open(id)
    this.#held.delete(id)
    this.#kept.set(id, desk)
    if (this.#kept.size > this.#mostKept) this.#release()
    return desk
  }

  /** All that there are. */
  *[Symbol.iterator](): Generator<Desk, void, undefined> {
    yield* this.#kept.values()
    for (const held of this.#held.values()) {
      const desk = held.deref()
      if (desk !== undefined) yield desk
    }
  }

  /** Stops keeping the first that came, unless something is going on there: that one goes to the end. */
  #release(): void {
    for (const [id, desk] of this.#kept) {
      this.#kept.delete(id)
      if (desk.isBusy) this.#kept.set(id, desk)
      else {
        this.#held.set(id, new WeakRef(desk))
        this.#letGo.register(desk, id)
      }
      return
    }
  }
}
