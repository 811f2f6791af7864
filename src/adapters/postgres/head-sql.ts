/** The SQL of a value, by the name of its column in `sealed.ts`: a parameter, or the column of a row that was given. */
type Say = (column: string) => string

/** What a head becomes. */
export function becomes(schema: string, $: Say): string {
  return `version = ${$('version')}, epoch = ${$('epoch')}, head = ${$('head')}, tip = ${$('tip')},
    running = ${$('running')}, stuck = ${$('stuck')}, mark = greatest(h.mark, ${ownMark(schema)}), due_at = to_timestamp(${$('due_at')} / 1000),
    lease_until = case when ${$('lease_ms')} is null then h.lease_until else ${leaseUntil($)} end`
}

/** Which head is meant, and what it is expected to be. */
export function asExpected($: Say): string {
  return `h.chart = ${$('chart')} and h.id = ${$('id')}
    and h.version = ${$('from_version')} and h.epoch = ${$('from_epoch')}`
}

/** That the key has no outcome of the attempt that is claimed, or of a later one. */
export function unanswered(schema: string, $: Say): string {
  return `not exists (
      select from ${schema}.outcome o
      where o.subject = h.subject and o.key = ${$('claim_key')} and o.attempt >= ${$('claim_attempt')})`
}

/** The first head of a subject, where none is expected: nothing is done where there is one. */
export function born(schema: string, $: Say, from: string): string {
  const given = ['chart', 'id', 'version', 'epoch', 'head', 'tip', 'running', 'stuck']
  return `insert into ${schema}.head (${given.join(', ')}, lease_until, due_at, mark)
  select ${given.map($).join(', ')}, ${leaseUntil($)}, to_timestamp(${$('due_at')} / 1000), ${ownMark(schema)}
  ${from} where ${$('from_version')} = 0 and ${$('from_epoch')} = 0
  on conflict (chart, id) do nothing`
}

/**
 * The id of this transaction, as a mark. Alone it would not do: a transaction that has had its id for long may write after
 * one with a higher id.
 */
function ownMark(schema: string): string {
  return `${schema}.mark(pg_current_xact_id())`
}

/** Less than 0 ms, and NULL where there was nothing to keep, is no lease. */
function leaseUntil($: Say): string {
  return `case when ${$('lease_ms')} >= 0 then clock_timestamp() + ${$('lease_ms')} * interval '1 millisecond'
      else '-infinity' end`
}
