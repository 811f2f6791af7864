import { PhasegateError } from '../../base/index.ts'

/** What a step hands to an outside system, so that it can tell a repeat and a late owner. */
export interface Token {
  /** The same over retries and adoptions: an effect is taken once a key. */
  readonly stepKey: string
  /** Of the owner: older than one that was seen, it is refused. */
  readonly epoch: number
}

/** An effect that was taken. */
export interface LedgerEntry extends Token {
  readonly result: unknown
}

/**
 * An outside system that checks tokens, for fakes to be made of: the second effect under a key is not made, its first
 * result is given again; who comes with an older epoch than the ledger has seen is refused with `FENCED`.
 */
export interface Ledger {
  /**
   * Makes the effect, unless it was made before.
   * @throws FENCED when a newer owner has been here
   * @example cordon: (token) => ledger.take(token, () => void nodes.add('db-7'))
   */
  take<Result>(token: Token, effect: () => Result): Result
  /** The effects that were made, in order. */
  readonly entries: readonly LedgerEntry[]
}

export function createLedger(): Ledger {
  const entries: LedgerEntry[] = []
  let newest = 0
  return {
    entries,
    take<Result>({ stepKey, epoch }: Token, effect: () => Result): Result {
      if (epoch < newest) throw fenced(stepKey, epoch, newest)
      newest = epoch
      const made = entries.find((entry) => entry.stepKey === stepKey)
      if (made !== undefined) return made.result as Result
      const result = effect()
      entries.push({ stepKey, epoch, result })
      return result
    },
  }
}

function fenced(stepKey: string, epoch: number, current: number): PhasegateError<'FENCED'> {
  const message = `the ledger has seen epoch ${current}, and refuses ${stepKey} of epoch ${epoch}`
  return new PhasegateError('FENCED', message, { subject: stepKey, epoch, current })
}
