import { sha256 } from '../../../src/audit/index.ts'
import type { AuditEntry, LogTip } from '../../../src/ports/index.ts'

/** Records as they stand in a store, in its order. */
export type Rows = readonly AuditEntry[]

/** The place of a log's record n among the rows. */
export function placeOf(rows: Rows, log: string, n: number): number {
  const place = rows.findIndex((row) => row.log === log && row.n === n)
  if (place < 0) throw new RangeError(`${log} has no record ${n}`)
  return place
}

/** A log's record n. */
export function rowOf(rows: Rows, log: string, n: number): AuditEntry {
  return rows[placeOf(rows, log, n)] as AuditEntry
}

/** The rows with record n changed. */
export function withRow(rows: Rows, log: string, n: number, change: Partial<AuditEntry>): Rows {
  return rows.with(placeOf(rows, log, n), { ...rowOf(rows, log, n), ...change })
}

/** Without the records of a log from `from` to `to`. */
export function without(rows: Rows, log: string, from: number, to: number): Rows {
  return rows.filter((row) => row.log !== log || row.n < from || row.n > to)
}

/** What somebody makes of a record who can do all that this library can, but sign: another reason, sealed as it should be. */
export function forged(row: AuditEntry, prev: string | undefined): AuditEntry {
  const payload = row.payload.replace('"salt":"', '"salt":"x')
  const { prev: _, t, v, ...header } = JSON.parse(row.header)
  const members = { ...header, payload: sha256(payload), ...(prev === undefined ? {} : { prev }), t, v }
  const text = JSON.stringify(members)
  return { ...row, header: text, payload, hash: sha256(text) }
}

/** A log rewritten from record `from` on, so that it holds in itself. */
export function rewritten(rows: Rows, log: string, from: number): Rows {
  let prev = from === 1 ? undefined : rowOf(rows, log, from - 1).hash
  return rows.map((row) => {
    if (row.log !== log || row.n < from) return row
    const other = forged(row, prev)
    prev = other.hash
    return other
  })
}

/** Where the logs stood when they were as long as this. */
export function tipsAt(rows: Rows, lengths: Readonly<Record<string, number>>): readonly LogTip[] {
  return Object.entries(lengths).map(([log, n]) => ({ log, n, hash: rowOf(rows, log, n).hash }))
}
