import type pg from 'pg'
import { migrate, postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, test } from 'vitest'
import { transactContract } from '../../../src/testing/contracts/index.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

/** A table for what users write, and how to look at it. */
async function lines(whenFinished: WhenFinished) {
  const schema = newSchema(whenFinished)
  const pool: pg.Pool = postgresPool(whenFinished, { max: 10 })
  await migrate(pool, { schema })
  await pool.query(`create table ${schema}.line (n bigint generated always as identity, text text)`)
  const written = async (): Promise<readonly string[]> =>
    (await pool.query<{ text: string }>(`select text from ${schema}.line order by n`)).rows.map(({ text }) => text)
  return { schema, pool, written }
}

describeWith('postgres', 'transactions of the PostgreSQL journal', (facts) => {
  describe.concurrent('by a pool of pg keep promise', () => {
    test.for(transactContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
      const { schema, pool, written } = await lines(onTestFinished)
      const journal = postgresJournal(pool, { schema })
      await run<pg.PoolClient>({
        journal,
        write: (tx, line) => tx.query(`insert into ${schema}.line (text) values ($1)`, [line]),
        written,
      })
    })
  })

  describe.concurrent('by postgres() keep promise', () => {
    test.for(transactContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
      const { schema, written } = await lines(onTestFinished)
      const { host, port, user, database } = connection(facts)
      const sql = postgres({ host, port, user, database, max: 8 } as postgres.Options<never>)
      onTestFinished(() => sql.end())
      const journal = postgresJournal(sql, { schema })
      await run<postgres.TransactionSql>({
        journal,
        write: (tx, line) => tx`insert into ${tx(schema)}.line (text) values (${line})`,
        written,
      })
    })
  })
})
