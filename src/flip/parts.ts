import type { FlipWatch, Part, PartFailure, PartWatch } from '../ports/index.ts'
import type { Outcome } from './protocol.ts'
import type { Told } from './writing.ts'

/**
 * Tells a watch of the parts that a run performs, one after another. A part begins with the first call that is made in it:
 * what was not begun, because it was too late or somebody was faster, is not told of.
 */
export class Parts {
  readonly #flip: FlipWatch
  #part: Part | undefined
  #watch: PartWatch | undefined
  #tries = 0
  #cause: unknown

  constructor(flip: FlipWatch) {
    this.#flip = flip
  }

  /** What is called from now on belongs to this part. */
  next(part: Part): void {
    this.#part = part
    this.#watch = undefined
    this.#tries = 0
  }

  /** One call of the user's function. */
  call<Result>(work: () => Result): Result {
    this.#tries += 1
    this.#cause = undefined
    if (this.#watch !== undefined) this.#watch.again(this.#tries)
    else if (this.#part !== undefined) this.#watch = this.#flip.begin(this.#part)
    return this.#watch === undefined ? work() : this.#watch.run(work)
  }

  /** What the last call threw. */
  threw(error: unknown): void {
    this.#cause = error
  }

  /** How the work went. A transaction that found that somebody wrote first was taken back. */
  told(outcome: Outcome | Extract<Told, { type: 'recorded' | 'overtaken' }>): void {
    if (outcome.type === 'failed') this.ended(outcome.failure)
    else if (outcome.type !== 'overtaken') this.ended(undefined)
    else this.ended({ code: 'JOURNAL_CONFLICT', message: 'somebody wrote first, and the transaction was taken back' })
  }

  /** The part has ended; said twice, the first counts. */
  ended(failure: PartFailure | undefined): void {
    const { code, message, cause = this.#cause } = failure ?? {}
    this.#watch?.ended(code === undefined || message === undefined ? undefined : { code, message, cause })
    this.#watch = undefined
    this.#part = undefined
  }
}
