import type { Value } from './client.ts'
import { type Column, listText } from './columns.ts'
import type { Sealed } from './sealed.ts'

// Dropping: the payloads of records, and what outcomes have of them, in the statement of the append that says so.

export const DROP_COLUMNS: readonly Column[] = [
  ['drop', 'bigint'],
  ['cleaned_key', 'text'],
  ['cleaned_attempt', 'bigint'],
  ['cleaned', 'line'],
]

export function dropTexts({ append, cleaned }: Sealed): readonly string[] {
  const lists: readonly (readonly Value[])[] = [
    append.drop ?? [],
    cleaned.map(({ key }) => key),
    cleaned.map(({ attempt }) => attempt),
    cleaned.map((settled) => JSON.stringify(settled)),
  ]
  return DROP_COLUMNS.map((column, index) => listText(column, lists[index] ?? []))
}

/** What drops in a statement whose `stored` is the subject that was written, if it was. */
export function dropping(schema: string, $: (column: string) => string): string {
  const cleaned = ['cleaned_key', 'cleaned_attempt', 'cleaned'].map($).join(', ')
  return `, dropped as (
  update ${schema}.record r set payload = '' from stored s
  where r.subject = s.subject and r.n = any (${$('drop')}) and r.payload <> ''
), cleaned as (
  update ${schema}.outcome o set settled = c.settled
  from stored s, unnest(${cleaned}) as c(key, attempt, settled)
  where o.subject = s.subject and o.key = c.key and o.attempt = c.attempt
)`
}
