import { type Append, isPhasegateError, type Journal, type SubjectRef } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { appendOf, all as every, numbers, settledOf } from '../../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { describeWith, postgresPool } from '../../servers/index.ts'
import { counting, opened } from './stage.ts'

const subject = (id: string): SubjectRef => ({ chart: 'group', id })

/** "stored", or the code of the refusal. */
async function answer(stored: Promise<void>): Promise<string> {
  return stored.then(
    () => 'stored',
    (error: unknown) => (isPhasegateError(error) ? error.code : String(error)),
  )
}

async function all(
  journal: Journal,
  appends: Readonly<Record<string, Append>>,
): Promise<Readonly<Record<string, string>>> {
  const asked = Object.entries(appends).map(async ([id, append]) => [
    id,
    await answer(journal.append(subject(id), append)),
  ])
  return Object.fromEntries(await Promise.all(asked)) as Record<string, string>
}

async function stored(journal: Journal, id: string): Promise<readonly number[]> {
  return numbers(await every(journal.history(subject(id))))
}

describeWith('postgres', 'appends that share a commit', () => {
  describe.concurrent('and those that do not', () => {
    test('a lone append waits for no company, and for no timer', async ({ onTestFinished }) => {
      const clock = virtualClock()
      const { journal, sent } = await opened(onTestFinished, { clock })
      await journal.append(subject('one'), appendOf(0))
      await journal.append(subject('one'), appendOf(1))
      expect(sent).toHaveLength(2)
      expect(clock.monotonic()).toBe(0)
      expect(clock.pending()).toBe(0)
    })

    test('16 appends of different subjects that wait at the same moment are one statement', async ({
      onTestFinished,
    }) => {
      const { journal, sent } = await opened(onTestFinished)
      const ids = Array.from({ length: 16 }, (_, n) => `s${n}`)
      for (const version of [0, 1, 2])
        await Promise.all(ids.map((id) => journal.append(subject(id), appendOf(version))))
      expect(sent.map(({ name }) => name)).toEqual(['appendMany', 'appendMany', 'appendMany'])
      for (const id of ids) expect(await stored(journal, id)).toEqual([1, 2, 3])
    })

    test('what comes while a statement is under way shares the next', async ({ onTestFinished }) => {
      const { journal, sent } = await opened(onTestFinished)
      const first = journal.append(subject('first'), appendOf(0))
      while (sent.length === 0) await new Promise(setImmediate)
      await Promise.all([first, ...['a', 'b', 'c'].map((id) => journal.append(subject(id), appendOf(0)))])
      expect(sent).toHaveLength(2)
    })

    test('each is told its own outcome', async ({ onTestFinished }) => {
      const { journal, sent, pool, schema } = await opened(onTestFinished)
      const other = postgresJournal(pool, { schema })
      for (const id of ['late', 'repeated', 'goes', 'claimed'])
        await journal.append(subject(id), appendOf(0, id === 'claimed' ? { settled: settledOf('k', 'flip-1') } : {}))
      const again = appendOf(1)
      await other.append(subject('late'), appendOf(1))
      await other.append(subject('repeated'), again)
      sent.length = 0
      const answers = await all(journal, {
        late: appendOf(1),
        repeated: again,
        goes: appendOf(1),
        claimed: appendOf(1, { claim: { key: 'k', attempt: 1 } }),
        born: appendOf(0),
      })
      expect(answers).toEqual({
        late: 'JOURNAL_CONFLICT',
        repeated: 'stored',
        goes: 'stored',
        claimed: 'JOURNAL_CONFLICT',
        born: 'stored',
      })
      expect(sent.map(({ name }) => name)).toEqual(['appendMany', 'judge', 'judge', 'judge'])
      expect(await stored(journal, 'repeated')).toEqual([1, 2])
      expect(await stored(journal, 'claimed')).toEqual([1])
    })

    test('one that the server refuses does not fail the others', async ({ onTestFinished }) => {
      const { journal, sent, pool, schema } = await opened(onTestFinished)
      const ids = ['good', 'taken', 'fine']
      for (const id of ids) await journal.append(subject(id), appendOf(0))
      // As if somebody had written past the head: the place of the next record is taken.
      await pool.query(`insert into ${schema}.record (subject, n, header, payload, hash, mark)
        select subject, 2, '', '', '', mark from ${schema}.head where id = 'taken'`)
      sent.length = 0
      const answers = await all(journal, {
        good: appendOf(1),
        taken: appendOf(1),
        unsendable: appendOf(0, { opId: 'nul\0byte' }),
        fine: appendOf(1),
      })
      expect(answers).toEqual({
        good: 'stored',
        taken: 'JOURNAL_FAILED',
        unsendable: 'JOURNAL_FAILED',
        fine: 'stored',
      })
      expect(sent[0]?.name).toBe('appendMany')
      expect((await journal.read(subject('taken')))?.version).toBe(1)
      expect(await journal.read(subject('unsendable'))).toBeUndefined()
      for (const id of ['good', 'fine']) expect(await stored(journal, id)).toEqual([1, 2])
    })

    test('two of one subject never share a statement, and one of them wins', async ({ onTestFinished }) => {
      const { journal, sent } = await opened(onTestFinished)
      const answers = await Promise.all(
        ['one', 'two', 'one', 'one'].map((id) => answer(journal.append(subject(id), appendOf(0)))),
      )
      expect(answers.toSorted()).toEqual(['JOURNAL_CONFLICT', 'JOURNAL_CONFLICT', 'stored', 'stored'])
      const appends = sent.filter(({ name }) => name.startsWith('append'))
      expect(appends.map(({ values }) => JSON.stringify(values).match(/group\/one/g)?.length)).toEqual([1, 1, 1])
      expect(await stored(journal, 'one')).toEqual([1])
    })

    test('one that waits for a lock of somebody else does not keep the others waiting for it', async ({
      onTestFinished,
    }) => {
      const { journal, pool, schema, sent } = await opened(onTestFinished)
      for (const id of ['locked', 'free']) await journal.append(subject(id), appendOf(0))
      const holder = await pool.connect()
      await holder.query('begin')
      await holder.query(`select from ${schema}.head where id = 'locked' for update`)
      let isLocked = true
      sent.length = 0
      const waiting = journal.append(subject('locked'), appendOf(1)).then(() => expect(isLocked).toBe(false))
      while (sent.length === 0) await new Promise(setImmediate)
      for (const version of [1, 2, 3]) {
        await journal.append(subject('free'), appendOf(version))
      }
      isLocked = false
      await holder.query('commit')
      holder.release()
      await waiting
    })

    test('one that waits for a lock that is held for long does not take those of its statement with it', async ({
      onTestFinished,
    }) => {
      const { schema, pool } = await opened(onTestFinished)
      const counted = counting(postgresPool(onTestFinished))
      const journal = postgresJournal(counted.pool, { schema })
      for (const id of ['free', 'locked']) await journal.append(subject(id), appendOf(0))
      counted.sent.length = 0
      const holder = await pool.connect()
      await holder.query('begin')
      await holder.query(`select from ${schema}.head where id = 'locked' for update`)
      const locked = answer(journal.append(subject('locked'), appendOf(1)))
      await journal.append(subject('free'), appendOf(1))
      expect(counted.sent[0]?.name).toBe('appendMany')
      await holder.query('commit')
      holder.release()
      expect(await locked).toBe('stored')
    })
  })
})
