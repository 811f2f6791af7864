import type { Value } from './client.ts'
import { type Column, listTexts, unnested } from './columns.ts'
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

// Appends of different subjects that share a statement, and so a commit: each with its own expected version and epoch,
// each told its own outcome.

/** `ord` is the place of the append among those of the statement. */
const APPENDS: readonly Column[] = [['ord', 'int'], ...HEAD_COLUMNS, ...CLAIM_COLUMNS, ...OUTCOME_COLUMNS]
const RECORDS: readonly Column[] = [['ord', 'int'], ...RECORD_COLUMNS]

export function manyValues(all: readonly Sealed[]): readonly Value[] {
  const appends = all.map((each, ord) => [ord, ...headValues(each), ...claimValues(each), ...outcomeValues(each)])
  const records = all.flatMap((each, ord) => recordValues(each).map((record) => [ord, ...record]))
  return [...listTexts(APPENDS, appends), ...listTexts(RECORDS, records)]
}

/**
 * An append holds its row for a moment. Who holds one for longer is not worth the wait of all who share the statement: it
 * fails then, and each is stored alone.
 */
const LOCK_MS = 500

const $ = (column: string): string => `i.${column}`

/** The statement: it answers with the places of the appends that were stored. */
export function appendMany(schema: string): string {
  return `with patience as materialized (select set_config('lock_timeout', '${LOCK_MS}', true)), input as (${unnested(APPENDS, 1)}), line as (${unnested(RECORDS, APPENDS.length + 1)}), moved as (
  update ${schema}.head h set ${becomes(schema, $)}
  from patience, input i
  where ${asExpected($)} and (i.claim_key is null or ${unanswered(schema, $)})
  returning h.subject, i.ord, h.mark
), born as (
  ${born(schema, $, 'from input i')}
  returning subject, chart, id, mark
), stored as (
  select subject, ord, mark from moved
  union all select b.subject, i.ord, b.mark from born b join input i on i.chart = b.chart and i.id = b.id
), written as (
  insert into ${schema}.record (subject, n, op, header, payload, hash, mark)
  select s.subject, l.n, l.op, l.header, l.payload, l.hash, s.mark from stored s join line l using (ord)
), ended as (
  insert into ${schema}.outcome (subject, key, attempt, settled, settled_at)
  select s.subject, i.key, i.attempt, i.settled, i.settled_at from stored s join input i using (ord)
  where i.key is not null
)
select ord from stored`
}
