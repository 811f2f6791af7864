import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { createGate, type SubjectRef } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { all, appendOf, numbers } from '../../../src/testing/contracts/journal-samples.ts'
import { connection, describeWith, postgresPool, startPostgres, type WhenFinished } from '../../servers/index.ts'
import type { PostgresServer } from '../../servers/postgres.ts'
import { type Effect, shuttle } from './shuttle.ts'
import { opened } from './stage.ts'

const ONE: SubjectRef = { chart: 'shuttle', id: 'one' }

function poolOf(config: pg.PoolConfig, whenFinished: WhenFinished): pg.Pool {
  const pool = new pg.Pool(config)
  pool.on('error', () => undefined)
  whenFinished(() => pool.end())
  return pool
}

/** It is refused with such a code, and a cause, in less than a second. */
async function refusedSoon(ask: Promise<unknown>, code: RegExp): Promise<void> {
  const asked = performance.now()
  const error = await ask.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: expect.stringMatching(code), cause: expect.any(Error) })
  expect(performance.now() - asked).toBeLessThan(1_000)
}

const FAILED = /^JOURNAL_FAILED$/
const FAILED_OR_UNKNOWN = /^(?:JOURNAL_FAILED|OUTCOME_UNKNOWN)$/

describeWith('postgres', 'a server that is away', (facts) => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ fsync: true })
  })
  afterAll(() => server.stop())

  test('killed and started again under a running flip: it goes on, and nothing acknowledged is lost', async ({
    onTestFinished,
  }) => {
    const journal = postgresJournal(poolOf(connection(server), onTestFinished))
    await migrate(poolOf(connection(server), onTestFinished))
    const effects: Effect[] = []
    let isBack = Promise.resolve()
    const middle = async (step: string): Promise<void> => {
      if (step === 'c') return
      await isBack
      await server.kill()
      isBack = pause(step === 'a' ? 0 : 300).then(() => server.restart())
    }
    const one = createGate(shuttle, { deps: { effects, middle }, journal }).subject('one')
    const { flipId } = await one.flip('go', undefined, { key: 'k' })
    expect(effects.map(({ key }) => key)).toEqual(['a', 'b', 'c'].map((step) => `${flipId}:${step}`))
    expect(numbers(await all(journal.history(ONE)))).toEqual([1, 2, 3, 4, 5])
    expect(await one.flip('go', undefined, { key: 'k' })).toMatchObject({ flipId, replayed: true })
    expect(effects).toHaveLength(3)
    await isBack
  })

  test('says so within its timeout, with the cause, and goes on when the server is back', async ({
    onTestFinished,
  }) => {
    const options = { timeout: 500 }
    const { host, port, user, database } = server
    const sql = postgres({ host, port, user, database, max: 2, onnotice: () => undefined } as postgres.Options<never>)
    onTestFinished(() => sql.end({ timeout: 0 }))
    const pool = poolOf(connection(server), onTestFinished)
    await migrate(pool)
    const journals = { pg: postgresJournal(pool, options), postgres: postgresJournal(sql, options) }
    for (const [id, journal] of Object.entries(journals)) await journal.append({ ...ONE, id }, appendOf(0))
    const append = appendOf(1)
    await server.kill()
    for (const [id, journal] of Object.entries(journals)) {
      const subject = { ...ONE, id }
      await refusedSoon(journal.append(subject, append), FAILED_OR_UNKNOWN)
      await refusedSoon(journal.append(subject, append), FAILED_OR_UNKNOWN)
      await refusedSoon(journal.read(subject), FAILED)
      await refusedSoon(journal.renew(subject, 1, 1_000), FAILED)
    }
    const gate = createGate(shuttle, { deps: { effects: [] }, journal: journals.pg })
    expect((await gate.subject('new').safeFlip('go')).error?.code).toBe('JOURNAL_FAILED')
    await server.restart()
    // A connection that died may be noticed only now: whoever is told so repeats what was asked.
    for (const [id, journal] of Object.entries(journals)) {
      await vi.waitFor(() => journal.append({ ...ONE, id }, append))
      expect((await journal.read({ ...ONE, id }))?.version).toBe(2)
    }
    const flip = () => gate.subject('new').flip('go', undefined, { key: 'k' })
    expect(await vi.waitFor(flip)).toMatchObject({ to: 'there' })
  })

  test('is no doubt where it was never reached: nothing was stored', async ({ onTestFinished }) => {
    const journal = postgresJournal(poolOf({ ...connection(facts), port: 1 }, onTestFinished))
    await refusedSoon(journal.open(), FAILED)
    await refusedSoon(journal.append(ONE, appendOf(0)), FAILED)
  })
})

describeWith('postgres', 'a pool', () => {
  test('whose connections are all lent answers within the timeout, and serves when they are back', async ({
    onTestFinished,
  }) => {
    const { schema } = await opened(onTestFinished)
    const pool = postgresPool(onTestFinished, { max: 1 })
    const journal = postgresJournal(pool, { schema, timeout: 200 })
    await journal.append(ONE, appendOf(0))
    const lent = await pool.connect()
    await refusedSoon(journal.read(ONE), FAILED)
    const append = appendOf(1)
    await refusedSoon(journal.append(ONE, append), /^OUTCOME_UNKNOWN$/)
    lent.release()
    // It was still in the queue of the pool: doubt was the truth.
    await journal.append(ONE, append)
    expect(numbers(await all(journal.history(ONE)))).toEqual([1, 2])
  })

  test('that has ended is refused at once', async ({ onTestFinished }) => {
    const { schema } = await opened(onTestFinished)
    const pool = new pg.Pool(postgresPool(onTestFinished).options)
    const journal = postgresJournal(pool, { schema })
    await journal.append(ONE, appendOf(0))
    await pool.end()
    await refusedSoon(journal.read(ONE), FAILED)
    await refusedSoon(journal.append(ONE, appendOf(1)), FAILED_OR_UNKNOWN)
  })
})
