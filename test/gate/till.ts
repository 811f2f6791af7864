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
  opened: number
}

export function till(inner: Journal): Till {
  const rows = new Map<string, number>()
  const fates: Fate[] = []
  const store: Till = {
    rows,
    fates,
    shut: 0,
    opened: 0,
    journal: {
      ...over(inner, {}),
      async transact(subject, work) {
        if (store.shut-- > 0) throw failed('begin')
        store.opened++
        const { tx, added, end } = begin(rows)
        const append = await work(tx).finally(end)
        const commit = async (): Promise<void> => {
          await inner.append(subject, append)
          for (const [row, by] of added) rows.set(row, (rows.get(row) ?? 0) + by)
        }
        await (fates.shift() ?? ((go) => go()))(commit, append)
      },
    },
  }
  return store
}

function begin(rows: ReadonlyMap<string, number>) {
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
  const end = (): void => {
    isOver = true
  }
  return { tx, added, end }
}

/** It is stored, and nobody hears of it. */
export const answerLost: Fate = async (commit) => {
  await commit()
  throw unknown()
}

/** It is surely not stored. */
export const refused: Fate = () => Promise.reject(failed('commit'))

/** Nobody hears of it, and it is stored when `until` resolves, if it still can be. */
export const storedLater =
  (until: Promise<unknown>): Fate =>
  async (commit) => {
    until.then(commit).catch(() => undefined)
    throw unknown()
  }

/** The process dies, just after it was committed or just before. */
export const dying =
  (when: 'before' | 'after', die: () => void): Fate =>
  async (commit) => {
    if (when === 'after') await commit()
    die()
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
