import type { JournalRecord } from 'phasegate'

/** A journal as people read it: one line a record, times from the first. */
export function timeline(records: readonly JournalRecord[]): readonly string[] {
  const start = records[0]?.at ?? 0
  return records.map((record) => {
    const seconds = ((record.at - start) / 1_000).toFixed(2).padStart(6)
    return `${String(record.n).padStart(3)}  +${seconds}s  epoch ${record.epoch}  ${record.kind.padEnd(10)}  ${detail(record)}`
  })
}

function detail(record: JournalRecord): string {
  switch (record.kind) {
    case 'requested':
      return `${record.flip}: ${record.from} → ${record.to}`
    case 'stepped':
    case 'undone':
      return record.step
    case 'adopted':
      return record.doubt === undefined ? 'by another process' : `by another process; "${record.doubt}" is in doubt`
    case 'turned':
      return `${record.failure.message}; to undo: ${record.undo.join(', ')}`
    case 'committed':
      return `now in ${record.to}`
    case 'rolledBack':
      return `still in ${record.from}`
    default:
      return ''
  }
}
