import { createHash } from 'node:crypto'
import type { Statement } from './client.ts'

/** Every statement the journal sends, for one schema. */
export type Statements = {
  readonly [Name in
    | 'append'
    | 'appendAndForget'
    | 'appendMany'
    | 'judge'
    | 'renew'
    | 'read'
    | 'settled'
    | 'history'
    | 'heads'
    | 'abandoned'
    | 'isAbandoned'
    | 'due'
    | 'fitness'
    | 'acquire'
    | 'prolong'
    | 'release']: Statement
}

/** Columns of an append: name and type, in the order of the values. */
export const APPEND_COLUMNS = [
  ['ord', 'int'],
  ['chart', 'text'],
  ['id', 'text'],
  ['from_version', 'bigint'],
  ['from_epoch', 'bigint'],
  ['version', 'bigint'],
  ['epoch', 'bigint'],
  ['head', 'text'],
  ['tip', 'text'],
  ['running', 'boolean'],
  ['lease_ms', 'float8'],
  ['due_at', 'float8'],
  ['claim_key', 'text'],
  ['claim_attempt', 'bigint'],
  ['key', 'text'],
  ['attempt', 'bigint'],
  ['settled', 'text'],
  ['settled_at', 'float8'],
  ['forget', 'float8'],
] as const

/** Columns of a record: `ord` is that of its append. */
export const RECORD_COLUMNS = [
  ['ord', 'int'],
  ['n', 'bigint'],
  ['op', 'text'],
  ['header', 'text'],
  ['payload', 'text'],
  ['hash', 'text'],
] as const

type Columns = readonly (readonly [name: string, type: string])[]

/** One row, given by its values. */
function row(columns: Columns, from: number): string {
  return `select ${columns.map(([name, type], index) => `$${from + index}::${type} as ${name}`).join(', ')}`
}

/** Many rows, given as a list a column. */
function rows(columns: Columns, from: number): string {
  const lists = columns.map(([, type], index) => `$${from + index}::${type}[]`).join(', ')
  return `select * from unnest(${lists}) as i(${columns.map(([name]) => name).join(', ')})`
}

/**
 * Heads move, and their records and outcomes are stored, where version and epoch are the expected ones; the answer is
 * which of the appends that holds for. One statement is one commit. A lease of -1 ms is none; of NULL, what it was.
 */
function append(schema: string, appends: string, records: string, forgets: boolean): string {
  const forgotten = `, forgotten as (
  delete from ${schema}.outcome o using stored s join input i using (ord)
  where o.subject = s.subject and o.settled_at < i.forget
)`
  return `with input as (${appends}), line as (${records}), moved as (
  update ${schema}.head h set version = i.version, epoch = i.epoch, head = i.head, tip = i.tip, running = i.running,
    lease_until = case when i.lease_ms is null then h.lease_until when i.lease_ms < 0 then '-infinity'
      else clock_timestamp() + i.lease_ms * interval '1 millisecond' end,
    due_at = to_timestamp(i.due_at / 1000)
  from input i
  where h.chart = i.chart and h.id = i.id and h.version = i.from_version and h.epoch = i.from_epoch
    and (i.claim_key is null or not exists (
      select from ${schema}.outcome o
      where o.subject = h.subject and o.key = i.claim_key and o.attempt >= i.claim_attempt))
  returning h.subject, i.ord
), born as (
  insert into ${schema}.head (chart, id, version, epoch, head, tip, running, lease_until, due_at)
  select chart, id, version, epoch, head, tip, running,
    case when lease_ms >= 0 then clock_timestamp() + lease_ms * interval '1 millisecond' else '-infinity' end,
    to_timestamp(due_at / 1000)
  from input where from_version = 0 and from_epoch = 0
  on conflict (chart, id) do nothing
  returning subject, chart, id
), stored as (
  select subject, ord from moved
  union all select b.subject, i.ord from born b join input i on i.chart = b.chart and i.id = b.id
), written as (
  insert into ${schema}.record (subject, n, op, header, payload, hash)
  select s.subject, l.n, l.op, l.header, l.payload, l.hash from stored s join line l using (ord)
), ended as (
  insert into ${schema}.outcome (subject, key, attempt, settled, settled_at)
  select s.subject, i.key, i.attempt, i.settled, i.settled_at from stored s join input i using (ord)
  where i.key is not null
)${forgets ? forgotten : ''}
select ord from stored`
}

export function statementsOf(schema: string): Statements {
  const columns = APPEND_COLUMNS.length
  const lone = [row(APPEND_COLUMNS, 1), rows(RECORD_COLUMNS, columns + 1)] as const
  const many = [rows(APPEND_COLUMNS, 1), rows(RECORD_COLUMNS, columns + 1)] as const
  const texts: { readonly [Name in keyof Statements]: string } = {
    append: append(schema, ...lone, false),
    appendAndForget: append(schema, ...lone, true),
    appendMany: append(schema, ...many, false),
    /** What there is where an append was refused, and whether it had been stored before. */
    judge: `select h.version, h.epoch, exists (
  select from ${schema}.record r where r.subject = h.subject and r.op = $3) as repeated
from ${schema}.head h where h.chart = $1 and h.id = $2`,
    renew: `update ${schema}.head h set lease_until = clock_timestamp() + i.ttl_ms * interval '1 millisecond'
from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::float8[]) as i(ord, chart, id, epoch, ttl_ms)
where h.chart = i.chart and h.id = i.id and h.epoch = i.epoch and h.lease_until > clock_timestamp()
returning i.ord`,
    read: `select version, epoch, head, tip from ${schema}.head where chart = $1 and id = $2`,
    settled: `select o.settled from ${schema}.head h join ${schema}.outcome o using (subject)
where h.chart = $1 and h.id = $2 and o.key = $3 order by o.attempt desc limit 1`,
    history: `select r.n, r.header, r.payload, r.hash from ${schema}.head h join ${schema}.record r using (subject)
where h.chart = $1 and h.id = $2 and r.n >= $3::bigint and r.n <= $4::bigint order by r.n limit $5::int`,
    heads: `select id, head from ${schema}.head where chart = $1 and id > $2 order by id limit $3::int`,
    abandoned: `select id from ${schema}.head where chart = $1 and running and lease_until <= clock_timestamp()
order by lease_until limit $2::int for no key update skip locked`,
    isAbandoned: `select id from ${schema}.head
where chart = $1 and id = $2 and running and lease_until <= clock_timestamp()`,
    due: `select id from ${schema}.head where chart = $1 and due_at <= clock_timestamp()
order by due_at limit $2::int for no key update skip locked`,
    fitness: `select max(version) as version, current_setting('synchronous_commit') as commits from ${schema}.version`,
    acquire: `insert into ${schema}.lease as l (resource, epoch, holder, until)
values ($1, 1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
on conflict (resource) do update set epoch = l.epoch + 1, holder = excluded.holder, until = excluded.until
where l.until <= clock_timestamp() or l.holder = excluded.holder
returning epoch`,
    prolong: `update ${schema}.lease set until = clock_timestamp() + $3::float8 * interval '1 millisecond'
where resource = $1 and holder = $2 and until > clock_timestamp() returning epoch`,
    release: `update ${schema}.lease set until = '-infinity', holder = null where resource = $1 and holder = $2`,
  }
  const all = Object.entries(texts).map(([name, text]) => [name, named(name, text)] as const)
  return Object.fromEntries(all) as Statements
}

/** Named by what it says: connections that serve several schemas, or versions of this library, keep them apart. */
function named(name: string, text: string): Statement {
  return { name: `phasegate_${name}_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text }
}
