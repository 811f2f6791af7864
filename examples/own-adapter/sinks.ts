import type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink } from 'phasegate/audit'
import type { Tape } from './tape.ts'

/** Audit records as lines on a tape. What comes again stands there again: `log` and `n` tell. */
export function tapeSink(tape: Tape): AuditSink {
  return {
    write: async (entries) => {
      for (const entry of entries) tape.add(JSON.stringify(entry))
    },
  }
}

/** Checkpoints as lines on a tape: another one than that of the records, where who writes those cannot write. */
export function tapeCheckpoints(tape: Tape): CheckpointSink {
  return { write: async (checkpoint) => tape.add(JSON.stringify(checkpoint)) }
}

export function entriesOn(tape: Tape): readonly AuditEntry[] {
  return tape.read().map((line) => JSON.parse(line))
}

export function checkpointsOn(tape: Tape): readonly AuditCheckpoint[] {
  return tape.read().map((line) => JSON.parse(line))
}
