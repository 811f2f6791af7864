import type pg from 'pg'
import { createGate } from 'phasegate'
import { migrate, type PgPool, postgresJournal } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'
import { stock } from './stock.ts'

type Query = (...given: unknown[]) => Promise<unknown>

/** The client of a process that is stopped when it is about to commit: it never does, and says nothing. */
function frozen(pool: pg.Pool, thawed: Promise<never>): PgPool<pg.PoolClient> {
  const stop = <Client extends object>(client: Client): Client =>
    new Proxy(client, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === 'connect') return async () => stop((await (value as Query).call(target)) as object)
        if (name !== 'query') return value.bind(target)
        return (...given: [{ readonly text?: string }]) =>
          given[0].text === 'commit' ? thawed : (value as Query).apply(target, given)
      },
    })
  return stop(pool) as unknown as PgPool<pg.PoolClient>
}

describeWith('postgres', 'a process that is stopped between the append of a transact step and its commit', () => {
  test('loses its transaction, and the flip is adopted: what it wrote is there once', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    await pool.query(
      `create table ${schema}.taken (n bigint generated always as identity, step_key text, epoch bigint)`,
    )
    const deps = { schema, failing: false }
    let thaw: (error: Error) => void = () => undefined
    const thawed = new Promise<never>((_, reject) => {
      thaw = reject
    })
    onTestFinished(() => thaw(new Error('the connection is gone')))
    const journal = postgresJournal(frozen(pool, thawed), { schema, timeout: '10m' })
    const zombie = createGate(stock, { deps, journal, leaseTtl: '300ms' })
    void zombie.subject('order').safeFlip('pack')

    const heir = createGate(stock, { deps, journal: postgresJournal(pool, { schema }) })
    const adopted = async () => (await heir.recover()).adopted.map(({ outcome }) => outcome)
    await expect.poll(adopted, { timeout: 15_000, interval: 250 }).toEqual(['committed'])
    const { rows } = await pool.query<{ epoch: string }>(`select epoch from ${schema}.taken order by n`)
    expect(rows.map(({ epoch }) => epoch)).toEqual(['2', '2'])
    await heir.close()
  })
})
