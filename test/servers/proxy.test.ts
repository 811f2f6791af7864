import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from './index.ts'
import { type PostgresProxy, startProxy, type Where } from './proxy.ts'

describeWith('postgres', 'a proxy that breaks connections', (facts) => {
  /** A proxy, a client behind it, and a look at the table that goes another way. */
  async function stage(whenFinished: WhenFinished, holeMs = 300) {
    const schema = newSchema(whenFinished)
    const direct = postgresPool(whenFinished)
    await direct.query(`CREATE SCHEMA ${schema}`)
    await direct.query(`CREATE TABLE ${schema}.t (n int)`)
    const proxy = await startProxy({ target: facts.port, holeMs })
    whenFinished(async () => proxy.stop())
    const client = await connected(proxy, whenFinished)
    const rows = async (): Promise<readonly number[]> => {
      const found = await direct.query<{ n: number }>(`SELECT n FROM ${schema}.t ORDER BY n`)
      return found.rows.map(({ n }) => n)
    }
    return { proxy, client, rows, table: `${schema}.t` }
  }

  async function connected(proxy: PostgresProxy, whenFinished: WhenFinished): Promise<pg.Client> {
    const client = new pg.Client({ ...connection(facts), port: proxy.port })
    client.on('error', () => undefined)
    await client.connect()
    whenFinished(() => client.end())
    return client
  }

  const isInsert = (sql: string): boolean => sql.startsWith('INSERT')

  const CUTS: readonly { where: Where; rows: readonly number[] }[] = [
    { where: 'before', rows: [1] },
    { where: 'after', rows: [1, 2] },
    { where: 'inside', rows: [1, 2] },
    { where: 'lost', rows: [1] },
    { where: 'hole', rows: [1, 2] },
  ]

  test.for(CUTS)('cut $where a statement: the client sees an error, the table has $rows', async (cut, context) => {
    const { proxy, client, rows, table } = await stage(context.onTestFinished)
    await client.query(`INSERT INTO ${table} VALUES (1)`)
    const done = proxy.cutNext(cut.where, isInsert)
    await client.query('SELECT 1')
    await expect(client.query(`INSERT INTO ${table} VALUES ($1)`, [2])).rejects.toThrow(/terminated|ECONNRESET/)
    await done
    expect(await rows()).toEqual(cut.rows)
    expect(proxy.counts).toEqual({ before: 0, after: 0, inside: 0, lost: 0, hole: 0, [cut.where]: 1 })
  })

  test.for(CUTS)('cut $where a COMMIT: all of the transaction or nothing', async (cut, { onTestFinished }) => {
    const { proxy, client, rows, table } = await stage(onTestFinished)
    const done = proxy.cutNext(cut.where, (sql) => sql === 'COMMIT')
    await client.query('BEGIN')
    await client.query(`INSERT INTO ${table} VALUES ($1)`, [1])
    await client.query(`INSERT INTO ${table} VALUES ($1)`, [2])
    await expect(client.query('COMMIT')).rejects.toThrow()
    await done
    expect(await rows()).toEqual(cut.rows.length === 1 ? [] : [1, 2])
  })

  test.for(['lost', 'hole'] as const)('%s: nothing is heard until it ends', async (where, { onTestFinished }) => {
    const { proxy, client } = await stage(onTestFinished, 400)
    const begin = performance.now()
    void proxy.cutNext(where)
    await expect(client.query('SELECT 1')).rejects.toThrow()
    expect(performance.now() - begin).toBeGreaterThan(350)
  })

  test('a connection that was deafened hears nothing of what is done', async ({ onTestFinished }) => {
    const { proxy, client, rows, table } = await stage(onTestFinished)
    proxy.deafen()
    const asked = client.query(`INSERT INTO ${table} VALUES (1)`).catch(() => 'failed')
    await expect.poll(rows).toEqual([1])
    expect(await Promise.race([asked, pause(100, 'silence')])).toBe('silence')
    proxy.stop()
    expect(await asked).toBe('failed')
  })

  test('a proxy that is shut refuses connections until it is opened again', async ({ onTestFinished }) => {
    const { proxy, client } = await stage(onTestFinished)
    proxy.shut()
    await expect(connected(proxy, onTestFinished)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await client.query('SELECT 1')
    await proxy.open()
    const another = await connected(proxy, onTestFinished)
    await another.query('SELECT 1')
  })

  test('a prepared statement is known by its text', async ({ onTestFinished }) => {
    const { proxy, client, rows, table } = await stage(onTestFinished)
    const insert = { name: 'insert', text: `INSERT INTO ${table} VALUES ($1)` }
    await client.query({ ...insert, values: [1] })
    void proxy.cutNext('after', isInsert)
    await expect(client.query({ ...insert, values: [2] })).rejects.toThrow()
    expect(await rows()).toEqual([1, 2])
  })

  test('without an order nothing breaks: large answers, errors, several statements in one', async ({
    onTestFinished,
  }) => {
    const { proxy, client } = await stage(onTestFinished)
    const { rows } = await client.query<{ text: string }>(
      `SELECT repeat('x', 300000) AS text FROM generate_series(1, 20)`,
    )
    expect(rows.map(({ text }) => text.length)).toEqual(Array.from({ length: 20 }, () => 300_000))
    await expect(client.query('SELECT nonsense')).rejects.toThrow('nonsense')
    await client.query('SELECT 1; SELECT 2')
    expect(proxy.counts).toEqual({ before: 0, after: 0, inside: 0, lost: 0, hole: 0 })
  })

  test('a client that sends several statements at once is understood', async ({ onTestFinished }) => {
    const { proxy } = await stage(onTestFinished)
    const sql = postgres(facts.url.replace(`${facts.port}`, `${proxy.port}`), { max: 1 })
    onTestFinished(() => sql.end())
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => sql`SELECT ${n}::int AS n`))
    expect(answers.map(([row]) => row?.n)).toEqual([1, 2, 3, 4, 5])
  })

  test('by chance it breaks as often as it is told to', async ({ onTestFinished }) => {
    const { proxy } = await stage(onTestFinished, 1)
    const pool = new pg.Pool({ ...connection(facts), port: proxy.port, max: 4 })
    pool.on('error', () => undefined)
    onTestFinished(() => pool.end())
    proxy.chaos({ probability: 0.5, random: Math.random })
    const asked = await Promise.allSettled(Array.from({ length: 200 }, () => pool.query('SELECT 1')))
    proxy.chaos(undefined)
    const failed = asked.filter(({ status }) => status === 'rejected').length
    const { before, after, inside, lost, hole } = proxy.counts
    expect(before + after + inside + lost + hole).toBe(failed)
    for (const count of [before, after, inside, lost, hole]) expect(count).toBeGreaterThan(5)
    await pool.query('SELECT 1')
  })
})
