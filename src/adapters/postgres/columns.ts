import type { Value } from './client.ts'

/** What goes into a column. A `line` is text without control characters: JSON, or a digest. */
type Kind = 'text' | 'line' | 'bigint' | 'int' | 'float8' | 'boolean'

export type Column = readonly [name: string, kind: Kind]

/** The SQL for a value that is given as parameter `place`. */
export function one([, kind]: Column, place: number): string {
  return `$${place}::${kind === 'line' ? 'text' : kind}`
}

/** The SQL for a list that is given as parameter `place`. */
export function list([, kind]: Column, place: number): string {
  return kind === 'line' ? `string_to_array($${place}::text, E'\\x1e', E'\\x1d')` : `$${place}::${kind}[]`
}

const SEPARATOR = '\x1e'
const ABSENT = '\x1d'

/**
 * A list as one text. Lines are put between separators: there is nothing in them to be escaped, and they are most of what is
 * sent.
 */
export function listText([, kind]: Column, values: readonly Value[]): string {
  return kind === 'line' ? values.map((value) => value ?? ABSENT).join(SEPARATOR) : arrayText(values)
}

/** A list as PostgreSQL writes arrays. */
export function arrayText(values: readonly Value[]): string {
  return `{${values.map(elementText).join(',')}}`
}

function elementText(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string') return String(value)
  return `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`
}

/** Rows as lists, a list a column. */
export function listTexts(columns: readonly Column[], rows: readonly (readonly Value[])[]): readonly string[] {
  return columns.map((column, index) =>
    listText(
      column,
      rows.map((row) => row[index] ?? null),
    ),
  )
}

/** The SQL for rows that are given as lists, from parameter `first` on. */
export function unnested(columns: readonly Column[], first: number): string {
  const lists = columns.map((column, index) => list(column, first + index)).join(', ')
  return `select * from unnest(${lists}) as i(${columns.map(([name]) => name).join(', ')})`
}
