import pg from 'pg'
import { createGate } from 'phasegate'
import { type PgPool, postgresJournal } from 'phasegate/postgres'
import { stock } from './stock.ts'

// A process that packs one order, and dies by kill -9 before or after its n-th statement of whatever kind.

export interface StockOrders {
  readonly connection: pg.ClientConfig
  readonly schema: string
  readonly failing: boolean
  readonly die?: { readonly when: 'before' | 'after'; readonly statement: number } | undefined
}

const { connection, schema, failing, die }: StockOrders = JSON.parse(process.argv[2] ?? '{}')
let statements = 0

type Query = (...given: unknown[]) => Promise<unknown>

/** The client, whose every statement may be the last. */
function dying<Client extends object>(client: Client): Client {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name === 'connect') return async () => dying((await (value as Query).call(target)) as object)
      if (name !== 'query') return value.bind(target)
      return async (...given: unknown[]) => {
        statements += 1
        if (die?.when === 'before' && die.statement === statements) process.kill(process.pid, 'SIGKILL')
        const answer = await (value as Query).apply(target, given)
        if (die?.when === 'after' && die.statement === statements) process.kill(process.pid, 'SIGKILL')
        return answer
      }
    },
  })
}

const pool = new pg.Pool(connection)
const journal = postgresJournal(dying(pool) as unknown as PgPool<pg.PoolClient>, { schema })
const gate = createGate(stock, { deps: { schema, failing }, journal, leaseTtl: '10m' })
const { error } = await gate.subject('order').safeFlip('pack', undefined, { key: 'k' })
process.send?.({ statements, code: error?.code ?? 'committed' })
await pool.end()
process.disconnect()
