import { seal } from '../../src/audit/index.ts'
import type { AuditEntry, SubjectRef } from '../../src/ports/index.ts'
import { recordOf } from '../../src/testing/contracts/journal-samples.ts'

/** The first `count` entries of a log, chained as a journal chains them; `of` is its subject. */
export function chainOf(of: string, count: number): readonly AuditEntry[] {
  const subject: SubjectRef = { chart: 'sample', id: of }
  const entries: AuditEntry[] = []
  for (let n = 1; n <= count; n++) {
    const sealed = seal(subject, recordOf(n), entries.at(-1)?.hash)
    entries.push({ log: `sample/${of}`, n, ...sealed })
  }
  return entries
}

/** Whether each log of what came is in order once that which came again is left out; and which records those are. */
export function inOrder(entries: readonly AuditEntry[]): Readonly<Record<string, readonly number[]>> {
  const logs: Record<string, number[]> = {}
  for (const { log, n } of entries) {
    const seen = logs[log] ?? []
    if (!seen.includes(n)) logs[log] = [...seen, n]
  }
  return logs
}

/** 1 to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
