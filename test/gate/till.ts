import { type Append, type Journal, PhasegateError, type TransactionalJournal } from 'phasegate'
import { over } from './stage.ts'

// A journal in memory whose store keeps numbers in rows, too: what a transaction adds to them is there together with its
// append, or not at all.

/** What a `transact` step of these tests gets. */
export interface Tx {
  add(row: string, by?: number): void
  read(row: string): number
}

/** What becomes of a transaction that is about to be committed: `commit` does it, or rejects as the journal does. */
type Fate = (commit: () => Promise<void>, append: Append) => Promise<void>

export interface Till {
  readonly journal: TransactionalJournal<Tx>
  /** What was committed. */
  readonly rows: ReadonlyMap<string, number>
  /** Of the next transactions, one each; those after them are committed. */
  readonly fates: Fate[]
  /** How many of the next transactions are not even opened. */
  shut: number
  /** How many were opened. */
  readonly opened: () => number
}

export function till(inner: Journal): Till {
  const rows = new Map<string, number>()
  let opened = 0
  const all: Till = {
    rows,
    fates: [],
    shut: 0,
    opened: () => opened,
    journal: {
      ...over(inner, {}),
      async transact(subject, work) {
        if (all.shut-- > 0) throw failed('begin')
        opened++
        const { tx, added, end } = open(rows)
        const append = await work(tx).finally(end)
        const commit = async (): Promise<void> => {
          const stored = inner.append(subject, append)
          await stored
          for (const [row, by] of added) rows.set(row, (rows.get(row) ?? 0) + by)
        }
        await (all.fates.shift() ?? ((go) => go()))(commit, append)
      },
    },
  }
  return all
}

function open(rows: ReadonlyMap<string, number>) {
  const added = new Map<string, number>()
  let isOver = false
  const assertOpen = (): void => {
    if (isOver) throw new Error('the transaction is over')
  }
  const tx: Tx = {
    add(row, by = 1) {
      assertOpen()
      added.set(row, (added.get(row) ?? 0) + by)
    },
    read(row) {
      assertOpen()
      return (rows.get(row) ?? 0) + (added.get(row) ?? 0)
    },
  }
  return { tx, added, end: () => (isOver = true) }
}

/** It is stored, and nobody hears of it. */
export const answerLost: Fate = async (commit) => {
  await commit()
  throw unknown()
}

/** It is surely not stored. */
export const refused: Fate = () => Promise.reject(failed('commit'))

/** No answer, and it is stored when `until` resolves, if it still can be. */
export const storedLater =
  (until: Promise<unknown>): Fate =>
  async (commit) => {
    until.then(commit).catch(() => undefined)
    throw unknown()
  }

/** The connection is cut without a word, after `commit` or before. */
export const cut =
  (when: 'before' | 'after'): Fate =>
  async (commit) => {
    if (when === 'after') await commit()
    return new Promise<never>(() => undefined)
  }

/** Something happens just before it is committed. */
export const meanwhile =
  (happens: () => unknown): Fate =>
  async (commit) => {
    await happens()
    await commit()
  }

function unknown(): PhasegateError {
  return new PhasegateError('OUTCOME_UNKNOWN', 'no answer', { subject: 's', opId: '', flipId: undefined })
}

function failed(operation: string): PhasegateError {
  return new PhasegateError('JOURNAL_FAILED', 'the store said no', { operation, cause: 'no' })
}
