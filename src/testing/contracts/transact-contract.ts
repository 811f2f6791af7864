import assert from 'node:assert/strict'
import type { TransactionalJournal } from '../../ports/index.ts'
import { all, appendOf, fill, refusesWith, SUBJECT } from './journal-samples.ts'

/** A transactional journal under test, new and empty, and a place in its store where users write. */
export interface TransactHarness<Tx> {
  readonly journal: TransactionalJournal<Tx>
  /** Writes a line through the transaction. */
  write(tx: Tx, line: string): Promise<unknown>
  /** The lines that are stored, as anybody may see them. */
  written(): Promise<readonly string[]>
}

/** One thing that a transactional journal promises: `promise` is its number in the documentation of the port. */
export interface TransactCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the journal does not keep the promise. Every run takes a new harness. */
  run<Tx>(harness: TransactHarness<Tx>): Promise<void>
}

/** What a transactional journal has to pass besides `journalContract`, as data, for any test runner. */
export const transactContract: readonly TransactCase[] = [
  {
    promise: 15,
    name: 'what the work wrote and the append are stored together',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 1)
      await journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'a')
        assert.deepEqual(await written(), [], 'seen before it was committed')
        await write(tx, 'b')
        return appendOf(1)
      })
      assert.deepEqual(await written(), ['a', 'b'])
      assert.equal((await journal.read(SUBJECT))?.version, 2)
      await journal.append(SUBJECT, appendOf(2))
      assert.equal((await all(journal.history(SUBJECT))).length, 3)
    },
  },
  {
    promise: 15,
    name: 'an append that is refused takes what the work wrote with it',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 2)
      const late = journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'a')
        return appendOf(1)
      })
      await refusesWith('JOURNAL_CONFLICT', late)
      const overtaken = journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'b')
        await journal.append(SUBJECT, appendOf(2))
        return appendOf(2)
      })
      await refusesWith('JOURNAL_CONFLICT', overtaken)
      assert.deepEqual(await written(), [])
      assert.equal((await journal.read(SUBJECT))?.version, 3)
    },
  },
  {
    promise: 15,
    name: 'of many that expect the same version one is stored, with its own writes and nobody else’s',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 1)
      const racing = Array.from({ length: 4 }, (_, n) =>
        journal.transact(SUBJECT, async (tx) => {
          await write(tx, `writer ${n}`)
          return appendOf(1)
        }),
      )
      const results = await Promise.allSettled(racing)
      const winner = results.findIndex(({ status }) => status === 'fulfilled')
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.deepEqual(await written(), [`writer ${winner}`])
      assert.equal((await journal.read(SUBJECT))?.version, 2)
    },
  },
  {
    promise: 16,
    name: 'work that rejects is taken back, with its own reason, and the journal goes on',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 1)
      const reason = new Error('out of stock')
      const failing = journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'a')
        throw reason
      })
      await assert.rejects(failing, (error) => error === reason)
      assert.deepEqual(await written(), [])
      await journal.append(SUBJECT, appendOf(1))
      assert.equal((await journal.read(SUBJECT))?.version, 2)
    },
  },
  {
    promise: 16,
    name: 'what is written while the transaction is being taken back is not stored',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 1)
      const late: Promise<unknown>[] = []
      const failing = journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'a')
        const soon = [setImmediate, queueMicrotask, process.nextTick]
        for (const turn of soon)
          late.push(new Promise((resolve) => turn(() => resolve((async () => write(tx, 'late'))().catch(() => 0)))))
        throw new Error('given up')
      })
      await assert.rejects(failing, /given up/)
      await Promise.all(late)
      assert.deepEqual(await written(), [])
    },
  },
  {
    promise: 16,
    name: 'a transaction that is over stores nothing any more, however long its user holds on to it',
    async run({ journal, write, written }) {
      await fill(journal, SUBJECT, 1)
      const kept: Parameters<typeof write>[0][] = []
      await assert.rejects(
        journal.transact(SUBJECT, async (tx) => {
          kept.push(tx)
          throw new Error('given up')
        }),
      )
      await Promise.all(kept.map(async (tx) => write(tx, 'late')).map((late) => late.catch(() => undefined)))
      await journal.transact(SUBJECT, async (tx) => {
        await write(tx, 'in time')
        return appendOf(1)
      })
      assert.deepEqual(await written(), ['in time'])
    },
  },
]
