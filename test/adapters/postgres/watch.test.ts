import { createGate } from 'phasegate'
import { migrate, type PostgresChange, postgresJournal, watchPostgres } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, expect, test, vi } from 'vitest'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { door } from './door.ts'

async function stage(whenFinished: WhenFinished) {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished, { max: 10 })
  await migrate(pool, { schema })
  const sent: string[] = []
  const query = (config: { name?: string; text: string; values?: unknown[] }) => {
    sent.push(config.name ?? config.text)
    return pool.query(config)
  }
  const journal = postgresJournal(Object.assign(Object.create(pool) as typeof pool, { query }), {
    schema,
    notify: true,
  })
  return { schema, pool, sent, gate: createGate(door, { journal }) }
}

const seen = (changes: readonly PostgresChange[]): readonly string[] =>
  changes.map((change) => (change.type === 'gap' ? 'gap' : change.subject.id))

describeWith('postgres', 'a watcher', (facts) => {
  describe.concurrent('of PostgreSQL', () => {
    test('is told of a gap first, and then of what is written, by a pool of pg', async ({ onTestFinished }) => {
      const { schema, pool, gate } = await stage(onTestFinished)
      const changes: PostgresChange[] = []
      const stop = watchPostgres(pool, (change) => changes.push(change), { schema })
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
      await gate.subject('front\0\\').flip('open')
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap', 'front\0\\']))
      await stop()
      await gate.subject('back').flip('open')
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(seen(changes)).toHaveLength(2)
    })

    test('is told the same by postgres()', async ({ onTestFinished }) => {
      const { schema, gate } = await stage(onTestFinished)
      const { host, port, user, database } = connection(facts)
      const sql = postgres({ host, port, user, database } as postgres.Options<never>)
      onTestFinished(() => sql.end())
      const changes: PostgresChange[] = []
      const stop = watchPostgres(sql, (change) => changes.push(change), { schema })
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
      await gate.subject('front').flip('open')
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap', 'front']))
      await stop()
    })

    test('is told of a gap when its connection was lost, and goes on', async ({ onTestFinished }) => {
      const { schema, pool, gate } = await stage(onTestFinished)
      const changes: PostgresChange[] = []
      const stop = watchPostgres(pool, (change) => changes.push(change), { schema })
      onTestFinished(stop)
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
      await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen ${schema}'`)
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap', 'gap']), { timeout: 5_000 })
      await gate.subject('front').flip('open')
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap', 'gap', 'front']))
    })

    test('costs the appends nothing: many writes are told of together, by statements of their own', async ({
      onTestFinished,
    }) => {
      const { sent, gate } = await stage(onTestFinished)
      await Promise.all(Array.from({ length: 100 }, (_, n) => gate.subject(`door-${n}`).flip('open')))
      await vi.waitFor(() => expect(sent).toContain('phasegate_notify'))
      expect(sent.filter((name) => name === 'phasegate_notify').length).toBeLessThan(20)
      expect(sent.filter((name) => name !== 'phasegate_notify').join()).not.toMatch(/notify/i)
    })

    test('takes what others send on its channel for a gap', async ({ onTestFinished }) => {
      const { schema, pool } = await stage(onTestFinished)
      const changes: PostgresChange[] = []
      onTestFinished(watchPostgres(pool, (change) => changes.push(change), { schema }))
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
      for (const payload of ['hello', '{"a":1}', '[["a"]]'])
        await pool.query('select pg_notify($1, $2)', [schema, payload])
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap', 'gap', 'gap', 'gap']))
    })

    test('is told of a gap when too much has changed to name it', async ({ onTestFinished }) => {
      const { schema, pool, gate } = await stage(onTestFinished)
      const changes: PostgresChange[] = []
      onTestFinished(watchPostgres(pool, (change) => changes.push(change), { schema }))
      await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
      const long = 'x'.repeat(240)
      await Promise.all(Array.from({ length: 200 }, (_, n) => gate.subject(`${long}-${n}`).flip('open')))
      await vi.waitFor(() => expect(seen(changes.slice(1))).toContain('gap'))
    })
  })

  test('a journal that nobody asked to notify sends no notification', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    const changes: PostgresChange[] = []
    onTestFinished(watchPostgres(pool, (change) => changes.push(change), { schema }))
    await vi.waitFor(() => expect(seen(changes)).toEqual(['gap']))
    await createGate(door, { journal: postgresJournal(pool, { schema }) })
      .subject('front')
      .flip('open')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen(changes)).toEqual(['gap'])
  })
})
