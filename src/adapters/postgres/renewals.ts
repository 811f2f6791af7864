import { type Clock, isPhasegateError, type PhasegateError } from '../../base/index.ts'
import type { SubjectRef } from '../../ports/index.ts'
import { failed } from './appends.ts'
import { Batches } from './batches.ts'
import type { Row, Statement, Value } from './client.ts'
import { arrayText } from './columns.ts'
import type { Statements } from './statements.ts'
import { toStored } from './text.ts'

/** Sends a statement for an operation of the journal. @throws JOURNAL_CLOSED, JOURNAL_UNFIT, JOURNAL_FAILED */
export type Ask = (operation: string, statement: Statement, values: readonly Value[]) => Promise<readonly Row[]>

export interface Renewal {
  readonly subject: SubjectRef
  readonly epoch: number
  readonly ttlMs: number
}

export interface RenewalsOptions {
  readonly clock: Clock
  readonly statements: Statements
  readonly ask: Ask
}

/** Heartbeats: those of the same moment share a statement. */
export class Renewals {
  readonly #options: RenewalsOptions
  readonly #batches: Batches<Renewal, boolean | PhasegateError>

  constructor(options: RenewalsOptions) {
    this.#options = options
    this.#batches = new Batches({
      clock: options.clock,
      send: (all) => this.#renewTogether(all),
      nameOf: ({ subject: { chart, id } }) => `${toStored(chart)}\0${toStored(id)}`,
    })
  }

  /** Whether the lease was prolonged. @throws what `ask` threw */
  async renew(renewal: Renewal): Promise<boolean> {
    const answer = await this.#batches.ask(renewal)
    if (typeof answer === 'boolean') return answer
    throw answer
  }

  async #renewTogether(all: readonly Renewal[]): Promise<readonly (boolean | PhasegateError)[]> {
    const { ask, statements } = this.#options
    const lists = [
      all.map((_, ord) => ord),
      all.map(({ subject }) => toStored(subject.chart)),
      all.map(({ subject }) => toStored(subject.id)),
      all.map(({ epoch }) => epoch),
      all.map(({ ttlMs }) => ttlMs),
    ]
    try {
      const rows = await ask('renew', statements.renew, lists.map(arrayText))
      const renewed = new Set(rows.map(({ ord }) => Number(ord)))
      return all.map((_, ord) => renewed.has(ord))
    } catch (error) {
      const cause = isPhasegateError(error) ? error.message : String(error)
      return all.map(() => failed('renew', cause, error))
    }
  }
}
