import type { AuditCheckpoint, AuditEntry } from '../../ports/index.ts'
import { NAMES } from './journal-samples.ts'

/** Logs that a careless sink would take for one another, or trip over. */
export const LOGS: readonly string[] = [
  ...new Set([...NAMES.map(({ chart, id }) => `${chart}/${id}`), 'a/1', 'a/1 ', 'A/1']),
]

/** The first `count` entries of a log, made up: a sink does not look into them. */
export function entriesOf(log: string, count: number): readonly AuditEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    log,
    n: index + 1,
    header: JSON.stringify({ log, n: index + 1, kind: 'stepped' }),
    payload: JSON.stringify({ body: { output: `result ${index + 1} of ${log}` }, salt: 's' }),
    hash: `hash-${index + 1}`,
  }))
}

/** A checkpoint, made up. `by` is who made it: two of one `seq` by different makers have different notes. */
export function checkpointOf(seq: number, by = 'one'): AuditCheckpoint {
  return {
    note: `example.com/contract\n${seq}\ncm9vdA==\nseq ${seq}\nby ${by}\n\n— example.com/contract ${by}${seq}c2ln\n`,
    changed: [
      { log: 'a/1', n: seq, hash: `hash-${seq}` },
      { log: 'a/é "quoted"\n', n: seq + 1, hash: 'h' },
    ],
    complete: seq === 1,
  }
}
