import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import pg from 'pg'
import { expect, test } from 'vitest'
import {
  describeWith,
  newSchema,
  postgresPool,
  redisClient,
  startPostgres,
  startPrometheus,
  startRedis,
} from './index.ts'

describeWith('postgres', 'a real PostgreSQL', () => {
  test("answers, and loses a test's schema when the test ends", async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await pool.query(`CREATE SCHEMA ${schema}`)
    const { rows } = await pool.query(`SHOW synchronous_commit`)
    expect(rows).toEqual([{ synchronous_commit: 'on' }])
    onTestFinished(async () => {
      // Registered last, so it runs first: the schema is still there.
      const found = await pool.query(`SELECT 1 FROM pg_namespace WHERE nspname = $1`, [schema])
      expect(found.rowCount).toBe(1)
    })
  })

  test('comes back after kill -9 on its port, with what it acknowledged', async ({ onTestFinished }) => {
    const server = await startPostgres({ fsync: true })
    onTestFinished(() => server.stop())
    const ask = async (sql: string) => {
      const client = new pg.Client(server.url)
      client.on('error', () => undefined)
      await client.connect()
      return client.query(sql).finally(() => client.end())
    }
    await ask('CREATE TABLE t (n int)')
    for (const n of [1, 2, 3]) {
      await ask(`INSERT INTO t VALUES (${n})`)
      const sleeper = ask('SELECT pg_sleep(60)').catch(() => 'cut')
      await server.kill()
      expect(await sleeper).toBe('cut')
      await server.restart()
    }
    expect((await ask('SELECT n FROM t ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })
})

describeWith('redis', 'a real Redis', () => {
  test('answers', async ({ onTestFinished }) => {
    expect(await redisClient(onTestFinished).ping()).toBe('PONG')
  })

  test('comes back after kill -9 on its port, with what it acknowledged', async ({ onTestFinished }) => {
    const server = await startRedis({ appendOnly: true })
    onTestFinished(() => server.stop())
    const client = new Redis(server.url)
    onTestFinished(() => client.disconnect())
    client.on('error', () => undefined)
    await client.set('a', '1')
    await server.kill()
    await server.restart()
    expect(await client.get('a')).toBe('1')
  })
})

describeWith('prometheus', 'a real Prometheus', () => {
  test('scrapes, evaluates rules, and is asked', async ({ onTestFinished }) => {
    const exporter = createServer((_, response) => response.end('answers 42\n')).listen(0, '127.0.0.1')
    onTestFinished(() => void exporter.close())
    await once(exporter, 'listening')
    const rule = 'groups: [{ name: g, rules: [{ record: doubled, expr: 2 * answers }] }]'
    const server = await startPrometheus({ jobs: { demo: [(exporter.address() as AddressInfo).port] }, rules: [rule] })
    onTestFinished(() => server.stop())
    const ask = async () => (await server.query('doubled{job="demo"}')).map(({ value }) => value)
    await expect.poll(ask, { timeout: 20_000 }).toEqual([84])
    await expect(server.query('sum by (')).rejects.toThrow(/parse error/)
  })
})
