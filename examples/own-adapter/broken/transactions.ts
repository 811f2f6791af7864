import type { Append, SubjectRef } from 'phasegate'
import type { TransactHarness } from 'phasegate/testing'
import { type Tx, tapeJournal } from '../journal.ts'
import { tape } from '../tape.ts'
import { type Broken, bend } from './bend.ts'

/** Appends, and makes the rows of a transaction seen. */
type Commit = (subject: SubjectRef, append: Append, show: () => void) => Promise<void>

/** How a transaction is gone about: each way that is not said is the right one. */
interface Ways {
  readonly commit?: (append: (subject: SubjectRef, append: Append) => Promise<void>) => Commit
  /** Whether rows stay out of sight before the commit. */
  readonly isolates?: boolean
  readonly closes?: boolean
  /** What is thrown when the work rejects. */
  readonly rejects?: (reason: unknown, rows: readonly string[], stored: string[]) => unknown
}

function bent(name: string, breaks: number, ways: Ways): Broken<TransactHarness<Tx>> {
  return { name, breaks, harness: () => harness(ways) }
}

function harness({ isolates = true, closes = true, rejects = (reason) => reason, ...ways }: Ways): TransactHarness<Tx> {
  const journal = tapeJournal(tape())
  const stored: string[] = []
  const properly: Commit = async (subject, append, show) => {
    await journal.append(subject, append)
    show()
  }
  const commit = ways.commit?.((subject, append) => journal.append(subject, append)) ?? properly
  const transact = async (subject: SubjectRef, work: (tx: Tx) => Promise<Append>): Promise<void> => {
    const rows: string[] = []
    let isOver = false
    const write = (row: string): void => {
      if (isOver && closes) throw new Error('the transaction is over')
      if (isOver || !isolates) stored.push(row)
      else rows.push(row)
    }
    const append = await work({ write })
      .catch((reason: unknown) => {
        throw rejects(reason, rows, stored)
      })
      .finally(() => {
        isOver = true
      })
    await commit(subject, append, () => void stored.push(...rows))
  }
  return {
    journal: bend(journal, { transact }),
    write: async (tx, row) => tx.write(row),
    written: async () => stored,
  }
}

/** What can be wrong with the transactions of a journal. */
export const brokenTransactions: readonly Broken<TransactHarness<Tx>>[] = [
  bent('lets others see what is not committed', 15, { isolates: false }),
  bent('commits what the work wrote before it looks at the append', 15, {
    commit: (append) => async (subject, given, show) => {
      show()
      await append(subject, given)
    },
  }),
  bent('forgets what the work wrote', 15, { commit: (append) => append }),
  bent('forgets the append', 15, { commit: () => async (_subject, _given, show) => show() }),
  bent('keeps what failed work wrote', 16, {
    rejects: (reason, rows, stored) => {
      stored.push(...rows)
      return reason
    },
  }),
  bent('hides why the work failed', 16, { rejects: () => new Error('something went wrong') }),
  bent('leaves a transaction open that is over', 16, { closes: false }),
]
