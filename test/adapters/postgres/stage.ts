import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { migrate, type PgPool, type PostgresJournalOptions, postgresJournal } from 'phasegate/postgres'
import { newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

/** What a client was asked to send. */
export interface Sent {
  /** What the statement is called, without what is particular to the schema: "append_2", "judge". */
  readonly name: string
  readonly values: readonly unknown[]
}

/** A pool that tells what is sent through it. */
export function counting(pool: pg.Pool): { readonly pool: PgPool<pg.PoolClient>; readonly sent: Sent[] } {
  const sent: Sent[] = []
  const counted = new Proxy(pool, {
    get(target, property) {
      const value = Reflect.get(target, property) as unknown
      if (typeof value !== 'function') return value
      if (property !== 'query') return value.bind(target) as unknown
      return (query: { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] }) => {
        const name = query.name?.replace(/^phasegate_(.*)_[0-9a-f]{12}$/, '$1') ?? query.text
        sent.push({ name, values: query.values ?? [] })
        return Reflect.apply(value, target, [query]) as unknown
      }
    },
  })
  return { pool: counted, sent }
}

/** Tables of their own, a pool, and a journal that has been opened and whose statements are told of. */
export async function opened(whenFinished: WhenFinished, options: PostgresJournalOptions = {}) {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished)
  await migrate(pool, { schema })
  const counted = counting(pool)
  const journal = postgresJournal(counted.pool, { schema, ...options })
  await journal.open()
  counted.sent.length = 0
  return { schema, pool, journal, sent: counted.sent }
}

/** A database of its own on the run's server, removed in the end. */
export async function newDatabase(whenFinished: WhenFinished): Promise<string> {
  const database = `t_${randomUUID().replaceAll('-', '')}`
  const admin = postgresPool(whenFinished, { max: 1 })
  await admin.query(`create database ${database}`)
  whenFinished(async () => void (await admin.query(`drop database ${database} with (force)`)))
  return database
}
