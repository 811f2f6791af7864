import { createHash } from 'node:crypto'
import { appendMany } from './append-many.ts'
import { appendOne, type Shape, shapeNumber } from './append-one.ts'
import type { Statement } from './client.ts'
import { feedTexts } from './feed-sql.ts'

/** Every statement the journal sends, for one schema. */
export type Statements = {
  readonly [Name in
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
    | 'stuck'
    | 'headers'
    | 'outcomes'
    | 'feed'
    | 'lastMark'
    | 'tips'
    | 'bookmark'
    | 'setBookmark'
    | 'moveBookmark'
    | 'fitness'
    | 'acquire'
    | 'prolong'
    | 'release']: Statement
} & {
  /** Stores one append of this shape. */
  readonly appendOne: (shape: Shape) => Statement
}

export function statementsOf(schema: string): Statements {
  const texts: { readonly [Name in Exclude<keyof Statements, 'appendOne'>]: string } = {
    appendMany: appendMany(schema),
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
    // At random: many processes that look at the same moment shall not all find the same ones first.
    abandoned: `select id from ${schema}.head where chart = $1 and running and lease_until <= clock_timestamp()
order by random() limit $2::int for no key update skip locked`,
    isAbandoned: `select id from ${schema}.head
where chart = $1 and id = $2 and running and lease_until <= clock_timestamp()`,
    due: `select id from ${schema}.head where chart = $1 and due_at <= clock_timestamp()
order by random() limit $2::int for no key update skip locked`,
    stuck: `select id from ${schema}.head where chart = $1 and stuck order by id limit $2::int`,
    headers: `select r.header from ${schema}.head h join ${schema}.record r using (subject)
where h.chart = $1 and h.id = $2 and r.n = any ($3::bigint[])`,
    outcomes: `select o.settled from ${schema}.head h join ${schema}.outcome o using (subject)
where h.chart = $1 and h.id = $2 and exists (select from unnest($3::text[]) sign where strpos(o.settled, sign) > 0)`,
    ...feedTexts(schema),
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
  const shapes = new Map<number, Statement>()
  const one = (shape: Shape): Statement => {
    const number = shapeNumber(shape)
    const statement = shapes.get(number) ?? named(`append_${number}`, appendOne(schema, shape))
    shapes.set(number, statement)
    return statement
  }
  return { ...Object.fromEntries(all), appendOne: one } as Statements
}

/** Named by what it says: connections that serve several schemas, or versions of this library, keep them apart. */
function named(name: string, text: string): Statement {
  return { name: `phasegate_${name}_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text }
}
