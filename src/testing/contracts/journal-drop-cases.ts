import assert from 'node:assert/strict'
import type { Journal, JournalRecord, SealedRecord, Settled } from '../../ports/index.ts'
import type { JournalCase } from './journal-case.ts'
import { follow } from './journal-feed-cases.ts'
import { all, appendOf, fill, headOf, refusesWith, SUBJECT, same, settledOf } from './journal-samples.ts'

const FAILURE = { code: 'STEP_FAILED', message: 'kim was not let in' } as const

function stepped(n: number, flipId: string): JournalRecord {
  return { n, at: n, epoch: 1, kind: 'stepped', flipId, step: 's', output: { of: flipId } }
}

/** Three flips that have ended: `a` and `b` went well, `c` was rolled back. */
async function fillWithFlips(journal: Journal): Promise<void> {
  const rolledBack: Settled = { ...settledOf('c', 'c'), outcome: { type: 'rolledBack', failure: FAILURE } }
  const outcomes = [settledOf('a', 'a'), settledOf('b', 'b'), rolledBack]
  for (const [version, settled] of outcomes.entries())
    await journal.append(SUBJECT, appendOf(version, { records: [stepped(version + 1, settled.flipId)], settled }))
}

/** Those of the numbers without their payload. */
function dropped(records: readonly SealedRecord[], numbers: readonly number[]): readonly SealedRecord[] {
  return records.map((record, index) => (numbers.includes(index + 1) ? { ...record, payload: '' } : record))
}

/** What `append` promises of `drop`. */
export const dropCases: readonly JournalCase[] = [
  {
    promise: 17,
    name: 'a record that is dropped stays in history and feed with its header and hash, and without its payload',
    async run({ journal, clock, reopen }) {
      const two = { records: [stepped(3, 'x'), stepped(4, 'x')], head: headOf(4, 1) }
      await fill(journal, SUBJECT, 2)
      await journal.append(SUBJECT, appendOf(2, two))
      const before = await all(journal.history(SUBJECT))
      await fill(journal, { ...SUBJECT, id: 'another' }, 3)
      await journal.append(SUBJECT, appendOf(4, { drop: [2, 4] }))
      const check = async (now: Journal): Promise<void> => {
        const history = await all(now.history(SUBJECT))
        same(history.slice(0, 4), dropped(before, [2, 4]))
        assert.equal(history.length, 5)
        const fed = (await follow({ journal: now, clock }, 8)).found.filter(({ subject }) => subject.id === SUBJECT.id)
        same(
          fed.map(({ sealed }) => sealed),
          history,
        )
      }
      await check(journal)
      await journal.append(SUBJECT, appendOf(5))
      same((await all(journal.history(SUBJECT))).slice(0, 4), dropped(before, [2, 4]))
      if (reopen !== undefined)
        same((await all((await reopen()).history(SUBJECT))).slice(0, 4), dropped(before, [2, 4]))
    },
  },
  {
    promise: 17,
    name: 'the outcome of a flip of which a record is dropped answers for its key, and tells nothing more',
    async run({ journal, reopen }) {
      await fillWithFlips(journal)
      await journal.append(SUBJECT, appendOf(3, { drop: [2, 3] }))
      const check = async (now: Journal): Promise<void> => {
        same(await now.settled(SUBJECT, 'a'), settledOf('a', 'a'))
        same(await now.settled(SUBJECT, 'b'), {
          ...settledOf('b', 'b'),
          outcome: { type: 'committed', outputs: {} },
        })
        const rolledBack = await now.settled(SUBJECT, 'c')
        assert.equal(rolledBack?.outcome.type, 'rolledBack')
        assert.equal(JSON.stringify(rolledBack).includes('kim'), false, 'the message of its failure is kept')
        assert.ok(JSON.stringify(rolledBack).includes(FAILURE.code), 'the code of its failure is not kept')
      }
      await check(journal)
      if (reopen !== undefined) await check(await reopen())
    },
  },
  {
    promise: 17,
    name: 'an append that is refused drops nothing, and one that is repeated drops nothing again',
    async run({ journal }) {
      await fill(journal, SUBJECT, 3)
      const before = await all(journal.history(SUBJECT))
      for (const drop of [[0], [4], [5], [1.5], [1, -1]])
        await refusesWith('OPTION_INVALID', journal.append(SUBJECT, appendOf(3, { drop })))
      await refusesWith('JOURNAL_CONFLICT', journal.append(SUBJECT, appendOf(2, { drop: [1] })))
      same(await all(journal.history(SUBJECT)), before)
      const dropping = appendOf(3, { drop: [1] })
      await journal.append(SUBJECT, dropping)
      await journal.append(SUBJECT, dropping)
      await journal.append(SUBJECT, appendOf(4, { drop: [1, 2, 1] }))
      const after = await all(journal.history(SUBJECT))
      same(after.slice(0, 3), dropped(before, [1, 2]))
      assert.equal(after.length, 5)
    },
  },
]
