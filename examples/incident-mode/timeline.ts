import type { JournalRecord } from 'phasegate'

/** A journal as people read it: one line a record, times from the first. */
export function timeline(records: readonly JournalRecord[]): readonly string[] {
  const start = records[0]?.at ?? 0
  return records.map((record) => {
    const seconds = ((record.at - start) / 1_000).toFixed(2).padStart(5)
    return `${String(record.n).padStart(4)}  ${seconds} s  ${record.kind.padEnd(15)}  ${detail(record)}`
  })
}

function detail(record: JournalRecord): string {
  switch (record.kind) {
    case 'requested':
      return `${record.flip}: ${record.from} → ${record.to}, by ${record.actor?.id ?? 'nobody'}`
    case 'stepped':
    case 'undone':
      return record.step
    case 'cancelRequested':
      return `${record.reason}, by ${record.actor?.id ?? 'nobody'}`
    case 'turned':
      return `in the middle of ${record.failure.step}; to undo: ${record.undo.join(', ')}`
    case 'rolledBack':
      return `${record.flip}: still in ${record.from}`
    case 'committed':
      return `${record.flip}: now in ${record.to}`
    default:
      return ''
  }
}
