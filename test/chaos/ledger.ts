import pg from 'pg'

/** What became of an effect: it happened, it had happened before under its key, or its token was too old. */
export type Verdict = 'applied' | 'known' | 'refused'

/** One thing that the ledger was asked, in the order in which it answered. */
export interface Entry {
  readonly subject: string
  readonly key: string
  readonly epoch: number
  /** The gate that asked. */
  readonly owner: string
  readonly verdict: Verdict
}

/** Something outside, on which steps have their effect: it checks tokens and keys as a careful system does. */
export interface Ledger {
  /** Rejects when it did not answer: then nobody knows. */
  apply(entry: Omit<Entry, 'verdict'>, mayStill: () => void): Promise<Verdict>
}

/** One statement an effect, so that a process that is stopped in the middle keeps no lock. */
const TABLES = `
create schema ledger;
create table ledger.newest (subject text primary key, epoch bigint not null);
create table ledger.entry (
  id bigserial primary key, subject text not null, key text not null, epoch bigint not null, owner text not null,
  verdict text not null
);
create index on ledger.entry (key);
create table ledger.sale (id bigserial primary key, key text not null, epoch bigint not null, owner text not null);
create function ledger.apply(s text, k text, e bigint, o text) returns text language plpgsql as $$
declare
  newest bigint;
  answer text;
begin
  insert into ledger.newest as n values (s, e)
    on conflict (subject) do update set epoch = greatest(n.epoch, excluded.epoch) returning epoch into newest;
  answer := case
    when newest > e then 'refused'
    when exists (select from ledger.entry where key = k and verdict = 'applied') then 'known'
    else 'applied' end;
  insert into ledger.entry (subject, key, epoch, owner, verdict) values (s, k, e, o, answer);
  return answer;
end $$;
`

export async function makeLedger(pool: pg.Pool): Promise<void> {
  await pool.query(TABLES)
}

export function postgresLedger(pool: pg.Pool): Ledger {
  return {
    async apply({ subject, key, epoch, owner }, mayStill) {
      const client = await pool.connect()
      let error: Error | undefined
      try {
        // Now that there is a connection: from here to the server is no wait that could make it too late.
        mayStill()
        const asked = { text: 'select ledger.apply($1, $2, $3, $4) as verdict', values: [subject, key, epoch, owner] }
        const { rows } = await client.query<{ verdict: Verdict }>(asked)
        return rows[0]?.verdict ?? 'refused'
      } catch (thrown) {
        error = thrown instanceof Error ? thrown : new Error(String(thrown))
        throw error
      } finally {
        client.release(error)
      }
    },
  }
}

/** What a step of the journal's own transactions has written: nothing keeps it from doing so twice. */
export type Sale = Pick<Entry, 'key' | 'epoch' | 'owner'>

export async function writeSale(tx: pg.PoolClient, { key, epoch, owner }: Sale): Promise<void> {
  await tx.query('insert into ledger.sale (key, epoch, owner) values ($1, $2, $3)', [key, epoch, owner])
}

export async function readSales(pool: pg.Pool): Promise<readonly Sale[]> {
  const { rows } = await pool.query<Record<keyof Sale, string>>('select key, epoch, owner from ledger.sale order by id')
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}

/** Everything it was asked, in order. */
export async function readLedger(pool: pg.Pool): Promise<readonly Entry[]> {
  const { rows } = await pool.query<Omit<Entry, 'epoch'> & { readonly epoch: string }>(
    'select subject, key, epoch, owner, verdict from ledger.entry order by id',
  )
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}

/** A pool that bears being cut off. */
export function pool(port: number, max: number): pg.Pool {
  const facts = { host: '127.0.0.1', user: 'postgres', database: 'postgres', port, max }
  const made = new pg.Pool({ ...facts, connectionTimeoutMillis: 1_000, statement_timeout: 5_000 })
  made.on('error', () => undefined)
  // A new connection can break before whoever asked for it has it in hand.
  made.on('connect', (client) => client.on('error', () => undefined))
  return made
}
