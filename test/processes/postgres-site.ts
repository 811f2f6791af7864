import pg from 'pg'
import { postgresJournal } from 'phasegate/postgres'
import { TableLedger } from './table-ledger.ts'

/** The journal and the resource of a worker as tables, each reached over its own connections; and what ends them. */
export function postgresSite({ url, schema }: { readonly url: string; readonly schema: string }) {
  const pools = [new pg.Pool({ connectionString: url }), new pg.Pool({ connectionString: url })] as const
  const close = async (): Promise<void> => void (await Promise.all(pools.map((pool) => pool.end())))
  return { journal: postgresJournal(pools[0], { schema }), ledger: new TableLedger(pools[1], schema), close }
}
