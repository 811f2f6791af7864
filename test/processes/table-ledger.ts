import type pg from 'pg'
import { type Answer, type Effect, judge, kept, type Resource } from './ledger.ts'

/** The resource as a table, reached over connections of its own. */
export class TableLedger implements Resource {
  readonly #pool: pg.Pool
  readonly #table: string

  constructor(pool: pg.Pool, schema: string) {
    this.#pool = pool
    this.#table = `${schema}.ledger`
  }

  async create(): Promise<void> {
    await this.#pool.query(`create table ${this.#table} (n bigint generated always as identity, key text, epoch int)`)
  }

  async effects(by: pg.Pool | pg.PoolClient = this.#pool): Promise<readonly Effect[]> {
    return (await by.query<Effect>(`select key, epoch from ${this.#table} order by n`)).rows
  }

  async apply(key: string, epoch: number): Promise<Answer> {
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      await client.query(`lock table ${this.#table}`)
      const answer = judge(await this.effects(client), key, epoch)
      if (answer !== 'refused')
        await client.query(`insert into ${this.#table} (key, epoch) values ($1, $2)`, [kept(answer, key), epoch])
      await client.query('commit')
      return answer
    } finally {
      client.release()
    }
  }
}
