import { callable } from '../base/index.ts'
import type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink } from '../ports/index.ts'

/**
 * A sink that is a function. It has the entries when it returns, or when what it returns resolves; when it throws it is
 * given the same again.
 *
 * @example callbackSink((entries) => table.insertMany(entries, { onConflict: ['log', 'n'], ignore: true }))
 */
export function callbackSink(keep: (entries: readonly AuditEntry[]) => unknown): AuditSink {
  const call = callable<typeof keep>(keep, 'the function of a sink')
  return { write: async (entries) => void (await call(entries)) }
}

/** A sink of checkpoints that is a function. The same holds. */
export function callbackCheckpoints(keep: (checkpoint: AuditCheckpoint) => unknown): CheckpointSink {
  const call = callable<typeof keep>(keep, 'the function of a sink')
  return { write: async (checkpoint) => void (await call(checkpoint)) }
}
