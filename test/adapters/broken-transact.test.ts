import { describe, expect, test } from 'vitest'
import { memoryJournal } from '../../src/adapters/memory/index.ts'
import type { Append, SubjectRef, TransactionalJournal } from '../../src/ports/index.ts'
import { type TransactHarness, transactContract } from '../../src/testing/index.ts'
import { over } from '../gate/stage.ts'

// A journal in memory whose store keeps lines, too; and some that do not keep its promises.

interface Tx {
  write(line: string): void
}

/** Appends, and makes the lines of a transaction seen. */
type Commit = (subject: SubjectRef, append: Append, show: () => void) => Promise<void>

interface Ways {
  readonly commit?: (append: (subject: SubjectRef, append: Append) => Promise<void>) => Commit
  /** Where lines go before the commit. */
  readonly isolated?: boolean
  readonly closes?: boolean
  /** What is thrown when the work rejects. */
  readonly rejects?: (reason: unknown, lines: readonly string[], stored: string[]) => unknown
}

function harness(ways: Ways = {}): TransactHarness<Tx> {
  const inner = memoryJournal()
  const stored: string[] = []
  const { isolated = true, closes = true, rejects = (reason) => reason } = ways
  const properly: Commit = async (subject, append, show) => {
    await inner.append(subject, append)
    show()
  }
  const commit = ways.commit?.((subject, append) => inner.append(subject, append)) ?? properly
  const journal: TransactionalJournal<Tx> = {
    ...over(inner, {}),
    async transact(subject, work) {
      const lines: string[] = []
      let isOver = false
      const write = (line: string): void => {
        if (isOver && closes) throw new Error('the transaction is over')
        if (isOver || !isolated) stored.push(line)
        else lines.push(line)
      }
      const append = await work({ write })
        .catch((reason: unknown) => {
          throw rejects(reason, lines, stored)
        })
        .finally(() => (isOver = true))
      await commit(subject, append, () => void stored.push(...lines))
    },
  }
  return { journal, write: async (tx, line) => tx.write(line), written: async () => stored }
}

const BROKEN: readonly (readonly [name: string, promise: number, ways: Ways])[] = [
  ['lets others see what is not committed', 15, { isolated: false }],
  [
    'commits what the work wrote before it looks at the append',
    15,
    {
      commit: (append) => async (subject, given, show) => {
        show()
        await append(subject, given)
      },
    },
  ],
  ['forgets what the work wrote', 15, { commit: (append) => (subject, given) => append(subject, given) }],
  ['forgets the append', 15, { commit: () => async (_subject, _given, show) => show() }],
  [
    'keeps what failed work wrote',
    16,
    {
      rejects: (reason, lines, stored) => {
        stored.push(...lines)
        return reason
      },
    },
  ],
  ['hides why the work failed', 16, { rejects: () => new Error('something went wrong') }],
  ['leaves a transaction open that is over', 16, { closes: false }],
]

async function brokenPromises(ways?: Ways): Promise<readonly number[]> {
  const broken: number[] = []
  for (const { promise, run } of transactContract) await run(harness(ways)).catch(() => broken.push(promise))
  return broken
}

describe('a journal with transactions that', () => {
  test.each(BROKEN)('%s breaks promise %i', async (_name, promise, ways) => {
    expect(await brokenPromises(ways)).toContain(promise)
  })

  test('is not broken breaks none', async () => {
    expect(await brokenPromises()).toEqual([])
  })
})
