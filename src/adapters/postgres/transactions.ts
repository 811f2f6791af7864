import type { Stop } from '../../base/index.ts'
import type { Append, Clock, SubjectRef } from '../../ports/index.ts'
import { type Appends, failed, unknown } from './appends.ts'
import type { Database } from './client.ts'
import { troubleOf } from './trouble.ts'

export interface TransactionsOptions {
  readonly database: Database<unknown>
  readonly appends: Appends
  readonly clock: Clock
  readonly timeoutMs: number
}

/** How far a transaction has come: who fails in it, and what that means, depends on it. */
type Stage = 'opening' | 'working' | 'appending' | 'refused' | 'committing'

/** Runs what the user writes and an append in one transaction. */
export class Transactions {
  readonly #options: TransactionsOptions

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  /** @throws what `work` threw; JOURNAL_CONFLICT, JOURNAL_FAILED: nothing is stored; OUTCOME_UNKNOWN */
  async run(subject: SubjectRef, work: (tx: unknown) => Promise<Append>): Promise<void> {
    const { database, appends, clock, timeoutMs } = this.#options
    const patience = new Patience(clock, timeoutMs)
    const at: { stage: Stage; append?: Append; stored?: () => void } = { stage: 'opening' }
    patience.begin()
    const done = database.transaction(
      async (tx, send) => {
        patience.end()
        patience.check()
        at.stage = 'working'
        at.append = await work(tx)
        at.stage = 'appending'
        const stored = await appends.appendIn(send, subject, at.append)
        if (stored !== undefined) at.stored = stored
        else {
          at.stage = 'refused'
          throw new DOMException('the append was refused', 'AbortError')
        }
      },
      () => {
        at.stage = 'committing'
        patience.begin()
      },
    )
    try {
      await Promise.race([done, patience.lost])
      at.stored?.()
    } catch (error) {
      throw await this.#explain(subject, at.stage, at.append, error)
    } finally {
      patience.end()
    }
  }

  async #explain(subject: SubjectRef, stage: Stage, append: Append | undefined, error: unknown): Promise<unknown> {
    if (stage === 'working') return error
    if (stage === 'refused' && append !== undefined) return this.#options.appends.refusal(subject, append)
    const trouble = troubleOf(error)
    // Until the commit has been asked for, whatever goes wrong takes everything back.
    const isInDoubt = stage === 'committing' && append !== undefined && trouble.type === 'unknown'
    return isInDoubt ? unknown(subject, append, trouble) : failed('transact', trouble.cause, error)
  }
}

/** Waits for the database only as long as it may take, and for the user as long as that takes. */
class Patience {
  readonly lost: Promise<never>
  readonly #clock: Clock
  readonly #ms: number
  #lose: (error: unknown) => void = () => undefined
  #stop: Stop | undefined
  #isLost = false

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
    this.lost = new Promise((_, reject) => {
      this.#lose = reject
    })
    this.lost.catch(() => undefined)
  }

  begin(): void {
    this.#stop = this.#clock.timer(this.#ms, () => {
      this.#isLost = true
      this.#lose(this.#overdue())
    })
  }

  end(): void {
    this.#stop?.()
  }

  /** @throws when what was waited for came too late: nobody waits for it any more */
  check(): void {
    if (this.#isLost) throw this.#overdue()
  }

  #overdue(): DOMException {
    return new DOMException(`no answer after ${this.#ms} ms`, 'TimeoutError')
  }
}
