import { logName, sealAll } from '../../src/audit/index.ts'
import type { AuditEntry, Body, LogTip, SubjectRef } from '../../src/ports/index.ts'

/** The entries of one log, as a journal seals them. `bodyOf` says what record n holds. */
export function logOf(id: string, length: number, bodyOf: (n: number) => Body = undone): AuditEntry[] {
  const subject: SubjectRef = { chart: 'door', id }
  const records = Array.from({ length }, (_, index) => ({
    n: index + 1,
    at: 1_700_000_000_000 + index,
    epoch: 1,
    ...bodyOf(index + 1),
  }))
  return sealAll(subject, records, undefined).map((sealed, index) => ({
    log: logName(subject),
    n: index + 1,
    ...sealed,
  }))
}

function undone(n: number): Body {
  return { kind: 'undone', flipId: 'f', step: `s${n}` }
}

/** What a checkpoint says of entries that end here. */
export function tipOf(entries: readonly AuditEntry[], n: number = entries.length): LogTip {
  const { log, hash } = entryOf(entries, n)
  return { log, n, hash }
}

/** Entry number n. */
export function entryOf(entries: readonly AuditEntry[], n: number): AuditEntry {
  const entry = entries[n - 1]
  if (entry === undefined) throw new RangeError(`there is no entry ${n}`)
  return entry
}

/** Entries with entry number n changed. */
export function changed(entries: readonly AuditEntry[], n: number, change: Partial<AuditEntry>): AuditEntry[] {
  return entries.with(n - 1, { ...entryOf(entries, n), ...change })
}
