import type { Append } from '../../ports/index.ts'
import type { Value } from './client.ts'
import { type Column, list, listTexts, one } from './columns.ts'
import { DROP_COLUMNS, dropping, dropTexts } from './drops.ts'
import { asExpected, becomes, born, unanswered } from './head-sql.ts'
import {
  CLAIM_COLUMNS,
  claimValues,
  HEAD_COLUMNS,
  headValues,
  OUTCOME_COLUMNS,
  outcomeValues,
  RECORD_COLUMNS,
  recordValues,
  type Sealed,
} from './sealed.ts'

// An append that is alone. Its statement holds nothing that it does not need: the parts of a statement cost the server
// something, whether they find anything to do or not.

/** What an append needs of its statement. */
export interface Shape {
  readonly isFirst: boolean
  readonly isSingle: boolean
  readonly claims: boolean
  readonly settles: boolean
  readonly forgets: boolean
  readonly drops: boolean
  /** Its commit is somebody else's, and comes next. */
  readonly isInTransaction: boolean
}

export function shapeOf({ expected, records, claim, settled, forget, drop }: Append, isInTransaction: boolean): Shape {
  return {
    isFirst: expected.version === 0,
    isSingle: records.length === 1,
    claims: claim !== undefined && expected.version > 0,
    settles: settled !== undefined,
    forgets: forget !== undefined,
    drops: drop !== undefined,
    isInTransaction,
  }
}

/** One number for each shape. */
export function shapeNumber(shape: Shape): number {
  const { isFirst, isSingle, claims, settles, forgets, drops, isInTransaction } = shape
  return (
    (isFirst ? 1 : 0) +
    (isSingle ? 2 : 0) +
    (claims ? 4 : 0) +
    (settles ? 8 : 0) +
    (forgets ? 16 : 0) +
    (isInTransaction ? 32 : 0) +
    (drops ? 64 : 0)
  )
}

export function oneValues(sealed: Sealed, { isSingle, claims, settles, forgets, drops }: Shape): readonly Value[] {
  const records = recordValues(sealed)
  return [
    ...headValues(sealed),
    ...(isSingle ? (records[0] ?? []) : listTexts(RECORD_COLUMNS, records)),
    ...(claims ? claimValues(sealed) : []),
    ...(settles ? outcomeValues(sealed) : []),
    ...(forgets ? [sealed.append.forget ?? null] : []),
    ...(drops ? dropTexts(sealed) : []),
  ]
}

/** The SQL of each value of `oneValues`, by the name of its column. */
function placesOf({ isSingle, claims, settles, forgets, drops }: Shape): (name: string) => string {
  const columns: readonly Column[] = [
    ...HEAD_COLUMNS,
    ...RECORD_COLUMNS,
    ...(claims ? CLAIM_COLUMNS : []),
    ...(settles ? OUTCOME_COLUMNS : []),
    ...(forgets ? FORGET_COLUMNS : []),
    ...(drops ? DROP_COLUMNS : []),
  ]
  const isList = (column: Column): boolean =>
    DROP_COLUMNS.includes(column) || (!isSingle && RECORD_COLUMNS.includes(column))
  const places = new Map(
    columns.map((column, index) => [column[0], isList(column) ? list(column, index + 1) : one(column, index + 1)]),
  )
  return (name) => places.get(name) ?? name
}

const FORGET_COLUMNS: readonly Column[] = [['forget', 'float8']]

/**
 * From here on the row is locked: a process that is stopped before its commit shall not keep it from being adopted. The
 * setting ends with the transaction.
 */
const SOON = `, set_config('idle_in_transaction_session_timeout', '5000', true)`

/** The statement for one shape: it answers with a row where the append was stored. */
export function appendOne(schema: string, shape: Shape): string {
  const $ = placesOf(shape)
  const values = RECORD_COLUMNS.map(([name]) => $(name)).join(', ')
  const records = shape.isSingle
    ? `select subject, ${values}, mark from stored`
    : `select subject, l.*, mark from stored, unnest(${values}) l`
  const outcome = `, ended as (
  insert into ${schema}.outcome (subject, key, attempt, settled, settled_at)
  select subject, ${OUTCOME_COLUMNS.map(([name]) => $(name)).join(', ')} from stored
)`
  const forgotten = `, forgotten as (
  delete from ${schema}.outcome o using stored s where o.subject = s.subject and o.settled_at < ${$('forget')}
)`
  return `with stored as (
  ${shape.isFirst ? `${born(schema, $, '')} returning subject, mark` : moved(schema, $, shape)}
)${shape.settles ? outcome : ''}${shape.forgets ? forgotten : ''}${shape.drops ? dropping(schema, $) : ''}
insert into ${schema}.record (subject, n, op, header, payload, hash, mark) ${records} returning n${shape.isInTransaction ? SOON : ''}`
}

function moved(schema: string, $: (name: string) => string, { claims }: Shape): string {
  return `update ${schema}.head h set ${becomes(schema, $)}
  where ${asExpected($)}${claims ? ` and ${unanswered(schema, $)}` : ''}
  returning h.subject, h.mark`
}
