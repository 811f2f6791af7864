import type { Pool } from 'pg'

/** What a flip of the library has left of a subject: the pattern for all others. */
export interface Specimen {
  readonly head: string
  readonly header: string
  readonly payload: string
  readonly settled: string
}

export interface Filling {
  readonly schema: string
  readonly specimen: Specimen
}

/** About as long as heads are while flips with inputs are on their way. */
const HEAD_BYTES = 500

export function idOf(n: number): string {
  return `order-${String(n).padStart(7, '0')}`
}

/** Those come shipped; an order that is made by its first flip is open. */
export function isFilled(id: string): boolean {
  return id.startsWith('order-')
}

const ID = `'order-' || lpad(i::text, 7, '0')`

/** Has a subject called "specimen" flipped, and looks what that has left. */
export async function specimen(pool: Pool, schema: string, flip: () => Promise<void>): Promise<Specimen> {
  await flip()
  const { rows } = await pool.query(`select h.head, r.header, r.payload, o.settled
from ${schema}.head h join ${schema}.record r on r.subject = h.subject and r.n = h.version
join ${schema}.outcome o on o.subject = h.subject where h.id = 'specimen'`)
  const [{ head, header, payload, settled }] = rows
  const short = JSON.stringify({ ...JSON.parse(head), version: 1 })
  return {
    // A member that the library does not know is none of its business.
    head: `${short.slice(0, -1)},"filling":"${'x'.repeat(Math.max(0, HEAD_BYTES - short.length - 14))}"}`,
    header,
    payload,
    settled: JSON.stringify({ ...JSON.parse(settled), key: 'key-0' }),
  }
}

/** So many subjects, each with a head, its last record and the outcome of a key, as after some days with autovacuum. */
export async function fill(pool: Pool, { schema, specimen }: Filling, subjects: number): Promise<void> {
  const { head, header, payload, settled } = specimen
  // Checkpoints while filling would write everything twice.
  await pool.query(`alter system set max_wal_size = '8GB'`)
  await pool.query('select pg_reload_conf()')
  await pool.query(
    `insert into ${schema}.head (chart, id, version, epoch, head, tip, running, stuck, lease_until, mark)
select 'order', ${ID}, 1, 1, $1, encode(sha256(i::text::bytea), 'hex'), false, false, '-infinity', 0
from generate_series(1, $2::int) i`,
    [head, subjects],
  )
  await Promise.all([
    pool.query(
      `insert into ${schema}.record (subject, n, op, header, payload, hash, mark)
select subject, 1, 'op-' || id, replace($1, 'specimen', id), $2, tip, mark from ${schema}.head where id <> 'specimen'`,
      [header, payload],
    ),
    pool.query(
      `insert into ${schema}.outcome (subject, key, attempt, settled, settled_at)
select subject, 'key-0', 1, $1, extract(epoch from now()) * 1000 from ${schema}.head where id <> 'specimen'`,
      [settled],
    ),
  ])
  await pool.query(`vacuum (analyze) ${schema}.head, ${schema}.record, ${schema}.outcome`)
  await pool.query('alter system reset max_wal_size')
  await pool.query('select pg_reload_conf()')
  await pool.query('checkpoint')
}

/** Gives a subject records until it has so many, and a head that knows it. */
export async function lengthen(
  pool: Pool,
  { schema, specimen }: Filling,
  { id, records }: { readonly id: string; readonly records: number },
): Promise<void> {
  await pool.query(
    `insert into ${schema}.record (subject, n, op, header, payload, hash, mark)
select subject, i, 'op-' || i, $1, $2, encode(sha256(i::text::bytea), 'hex'), mark
from ${schema}.head, generate_series(version + 1, $3::bigint) i where id = $4`,
    [specimen.header.replace('specimen', id), specimen.payload, records, id],
  )
  const { rows } = await pool.query(`select head from ${schema}.head where id = $1`, [id])
  const head = { ...JSON.parse(rows[0]?.head), version: records, epoch: records }
  await pool.query(
    `update ${schema}.head set version = $1::bigint, epoch = $1::bigint, head = $2, tip = encode(sha256($3::text::bytea), 'hex')
where id = $4`,
    [records, JSON.stringify(head), String(records), id],
  )
  await pool.query(`vacuum (analyze) ${schema}.head, ${schema}.record`)
  await pool.query('checkpoint')
}
