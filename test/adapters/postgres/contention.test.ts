import type pg from 'pg'
import { createGate, isPhasegateError, type SubjectRef } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { all, appendOf, numbers } from '../../../src/testing/contracts/journal-samples.ts'
import { describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { type Effect, shuttle } from './shuttle.ts'
import { counting, opened } from './stage.ts'

const LEVELS = ['read committed', 'repeatable read', 'serializable'] as const
const subject = (id: string): SubjectRef => ({ chart: 'shuttle', id })

/** "stored", or why not. */
async function answer(stored: Promise<unknown>): Promise<string> {
  return stored.then(
    () => 'stored',
    (error: unknown) => (isPhasegateError(error) ? `${error.code}` : String(error)),
  )
}

/** A pool whose transactions are of this level, unless they say otherwise. */
function at(level: string, whenFinished: WhenFinished): pg.Pool {
  const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
  return postgresPool(whenFinished, { options, max: 3 })
}

const count = (answers: readonly string[], wanted: string): number => answers.filter((each) => each === wanted).length

describeWith('postgres', "transactions in each other's way", () => {
  describe.concurrent('where the role is set to', () => {
    test.for(LEVELS)(
      '%s: of many appends upon one version one is stored, the others conflict',
      async (level, { onTestFinished }) => {
        const schema = newSchema(onTestFinished)
        await migrate(postgresPool(onTestFinished), { schema })
        const shown = await at(level, onTestFinished).query('show transaction_isolation')
        expect(shown.rows).toEqual([{ transaction_isolation: level }])
        const journals = Array.from({ length: 4 }, () => postgresJournal(at(level, onTestFinished), { schema }))
        await Promise.all(journals.map((journal) => journal.open()))
        const together = Array.from({ length: 8 }, (_, n) => `s${n}`)
        for (const ids of [['alone'], together]) {
          for (let version = 0; version < 8; version++) {
            const asked = journals.flatMap((journal) =>
              ids.map((id) => answer(journal.append(subject(id), appendOf(version)))),
            )
            const answers = await Promise.all(asked)
            expect(count(answers, 'stored')).toBe(ids.length)
            expect(count(answers, 'JOURNAL_CONFLICT')).toBe(3 * ids.length)
          }
        }
        const reader = postgresJournal(postgresPool(onTestFinished), { schema })
        for (const id of ['alone', ...together]) {
          const records = await all(reader.history(subject(id)))
          expect(numbers(records)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
        }
      },
    )

    test.for(LEVELS)(
      '%s: of flips that race through several gates each subject has one',
      async (level, { onTestFinished }) => {
        const schema = newSchema(onTestFinished)
        await migrate(postgresPool(onTestFinished), { schema })
        const effects: Effect[] = []
        const gates = Array.from({ length: 3 }, () => {
          const journal = postgresJournal(at(level, onTestFinished), { schema })
          return createGate(shuttle, { deps: { effects }, journal })
        })
        const ids = Array.from({ length: 10 }, (_, n) => `s${n}`)
        const answers = await Promise.all(
          gates.flatMap((gate) => ids.map((id) => answer(gate.subject(id).flip('go', undefined, { wait: '10s' })))),
        )
        expect([count(answers, 'stored'), count(answers, 'FLIP_ILLEGAL')]).toEqual([10, 20])
        expect(new Set(effects.map(({ key }) => key)).size).toBe(30)
        expect(effects).toHaveLength(30)
      },
    )
  })

  test('a deadlock with a transaction of somebody else is survived', async ({ onTestFinished }) => {
    const { schema, pool } = await opened(onTestFinished)
    // Who looks for a deadlock first is the one who is sent away.
    const counted = counting(postgresPool(onTestFinished, { options: '-c deadlock_timeout=50ms' }))
    const journal = postgresJournal(counted.pool, { schema })
    for (const id of ['a', 'b']) await journal.append(subject(id), appendOf(0))
    counted.sent.length = 0
    const holder = await pool.connect()
    const lock = (id: string) => holder.query(`select from ${schema}.head where id = '${id}' for update`)
    await holder.query("begin; set local deadlock_timeout = '20s'")
    await lock('b')
    const both = Promise.all(['a', 'b'].map((id) => answer(journal.append(subject(id), appendOf(1)))))
    await untilBlocked(pool, schema)
    await lock('a')
    await holder.query('commit')
    holder.release()
    expect(await both).toEqual(['stored', 'stored'])
    // Sent away once, for both, and stored one by one.
    expect(counted.sent.map(({ name }) => name.replace(/_.*/, ''))).toEqual(['appendMany', 'append', 'append'])
    for (const id of ['a', 'b']) expect((await journal.read(subject(id)))?.version).toBe(2)
  })
})

/** A statement on this schema waits for a lock. */
async function untilBlocked(pool: pg.Pool, schema: string): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and query like $1`,
      [`%${schema}.head%`],
    )
    if (rowCount) return
  }
}
