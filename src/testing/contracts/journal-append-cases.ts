import assert from 'node:assert/strict'
import type { Append } from '../../ports/index.ts'
import type { JournalCase } from './journal-case.ts'
import {
  all,
  appendOf,
  fill,
  flipOf,
  headOf,
  numbers,
  REMEMBERED,
  recordOf,
  refusesWith,
  SUBJECT,
  same,
  settledOf,
  TTL_MS,
} from './journal-samples.ts'

/** What `append` promises. */
export const appendCases: readonly JournalCase[] = [
  {
    promise: 1,
    name: 'records, head and settled outcome are stored together',
    async run({ journal }) {
      const append = appendOf(0, {
        records: [recordOf(1), recordOf(2)],
        head: headOf(2, 1, { flip: flipOf(), ...REMEMBERED }),
        settled: settledOf('k', 'flip-0'),
      })
      await journal.append(SUBJECT, append)
      same(await journal.read(SUBJECT), append.head)
      same(await journal.settled(SUBJECT, 'k'), append.settled)
      same(numbers(await all(journal.history(SUBJECT))), [1, 2])
    },
  },
  {
    promise: 2,
    name: 'an append that expects another version or epoch is refused',
    async run({ journal }) {
      await fill(journal, SUBJECT, 2)
      const expected: readonly Append['expected'][] = [
        { version: 0, epoch: 0 },
        { version: 1, epoch: 1 },
        { version: 3, epoch: 1 },
        { version: 2, epoch: 0 },
        { version: 2, epoch: 2 },
      ]
      for (const wrong of expected) {
        await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, { ...appendOf(2), expected: wrong }))
      }
      const first = { ...appendOf(0), expected: { version: 1, epoch: 1 } }
      await refusesWith('JOURNAL_CONFLICT', journal.append({ ...SUBJECT, id: 'never written' }, first))
    },
  },
  {
    promise: 2,
    name: 'a claim is refused when an outcome of its attempt, or a later one, is stored against its key',
    async run({ journal }) {
      await journal.append(SUBJECT, appendOf(0, { claim: { key: 'k', attempt: 1 }, settled: settledOf('k', 'x', 1) }))
      const claiming = (key: string, attempt: number): Append => appendOf(1, { claim: { key, attempt } })
      await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, claiming('k', 1)))
      assert.equal((await journal.read(SUBJECT))?.version, 1)
      await journal.append(SUBJECT, { ...claiming('k', 2), settled: settledOf('k', 'y', 2) })
      await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, appendOf(2, { claim: { key: 'k', attempt: 1 } })))
      await journal.append(SUBJECT, appendOf(2, { claim: { key: 'another', attempt: 1 } }))
    },
  },
  {
    promise: 2,
    name: 'a refused append leaves head, outcomes, lease and records as they were',
    async run({ journal, clock }) {
      const head = headOf(1, 1, { flip: flipOf() })
      await journal.append(SUBJECT, appendOf(0, { head, lease: { ttlMs: TTL_MS } }))
      const wrong = { ...appendOf(0), settled: settledOf('k', 'x'), lease: { ttlMs: TTL_MS * 100 } }
      await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, wrong))
      same(await journal.read(SUBJECT), head)
      assert.equal(await journal.settled(SUBJECT, 'k'), undefined)
      assert.equal((await all(journal.history(SUBJECT))).length, 1)
      await clock.advance(TTL_MS + 1)
      same(await journal.abandoned(SUBJECT.chart, 10), [SUBJECT.id])
    },
  },
  {
    promise: 3,
    name: 'of many appends that expect the same version exactly one succeeds',
    async run({ journal }) {
      for (let version = 0; version < 5; version++) {
        const appends = Array.from({ length: 8 }, () => appendOf(version))
        const results = await Promise.allSettled(appends.map((append) => journal.append(SUBJECT, append)))
        assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
        for (const [index, append] of appends.entries()) {
          if (results[index]?.status === 'rejected')
            await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, append))
        }
      }
      same(numbers(await all(journal.history(SUBJECT))), [1, 2, 3, 4, 5])
    },
  },
  {
    promise: 3,
    name: 'no older epoch is written, not even by who expects the newer one',
    async run({ journal }) {
      await fill(journal, SUBJECT, 1)
      await journal.append(SUBJECT, appendOf(1, { head: headOf(2, 5) }))
      const older = {
        ...appendOf(2),
        expected: { version: 2, epoch: 5 },
        head: headOf(3, 4),
        records: [recordOf(3, 4)],
      }
      await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, older))
      assert.equal((await journal.read(SUBJECT))?.epoch, 5)
    },
  },
  {
    promise: 4,
    name: 'an append repeated with its op id is stored once, also after others',
    async run({ journal }) {
      const first = appendOf(0, { opId: 'op-first', settled: settledOf('k', 'first') })
      await journal.append(SUBJECT, first)
      await journal.append(SUBJECT, first)
      await journal.append(SUBJECT, appendOf(1, { settled: settledOf('k', 'second', 2) }))
      await journal.append(SUBJECT, first)
      assert.equal((await journal.read(SUBJECT))?.version, 2)
      assert.equal((await journal.settled(SUBJECT, 'k'))?.flipId, 'second')
      same(numbers(await all(journal.history(SUBJECT))), [1, 2])
    },
  },
  {
    promise: 4,
    name: 'an append repeated while the first is under way is stored once',
    async run({ journal }) {
      const first = appendOf(0)
      await Promise.all([journal.append(SUBJECT, first), journal.append(SUBJECT, first)])
      same(numbers(await all(journal.history(SUBJECT))), [1])
    },
  },
  {
    promise: 5,
    name: 'what was acknowledged is there after the store is opened again, op ids included',
    async run({ journal, reopen }) {
      if (reopen === undefined) return
      const last = appendOf(2, { head: headOf(3, 1, { flip: flipOf(), ...REMEMBERED }), settled: settledOf('k', 'x') })
      await fill(journal, SUBJECT, 2)
      await journal.append(SUBJECT, last)
      const history = await all(journal.history(SUBJECT))
      const again = await reopen()
      same(await again.read(SUBJECT), last.head)
      same(await again.settled(SUBJECT, 'k'), last.settled)
      same(await all(again.history(SUBJECT)), history)
      await again.append(SUBJECT, last)
      assert.equal((await again.read(SUBJECT))?.version, 3)
    },
  },
]
