/** A record as an audit sink gets it: the log it belongs to, its number there, and what the journal stores. */
export interface AuditEntry {
  readonly log: string
  readonly n: number
  readonly header: string
  readonly payload: string
  readonly hash: string
}

/**
 * Where copies of the records go. Entries of one log come in order, one `write` at a time. A `write` that rejected is
 * repeated with the same entries until it resolves, and after a crash some may come again: `log` and `n` tell.
 *
 * 1. When `write` has resolved, the entries survive whatever the sink's page says they survive.
 * 2. An entry is kept as it came, its texts to the last character: the hash is over them.
 * 3. Of each log every entry is kept, in order, whatever other logs are called. What comes again is taken without
 *    complaint, and kept once or again.
 */
export interface AuditSink {
  write(entries: readonly AuditEntry[]): Promise<void>
}

/** The end of a log, as checkpoints name it. */
export interface LogTip {
  readonly log: string
  readonly n: number
  readonly hash: string
}

/** A signed note over the ends of all logs, and what one needs besides to know all of them. */
export interface AuditCheckpoint {
  /** The text of a C2SP signed note, as it was signed. */
  readonly note: string
  /** The ends that are not those of the checkpoint before; of all logs when it is `complete`. */
  readonly changed: readonly LogTip[]
  readonly complete: boolean
}

/**
 * Where checkpoints go: to a place that who can write the journal cannot write. They come one at a time, by growing `seq`.
 * A rejected `write` is repeated with the same checkpoint, until it resolves. After a crash, or when two processes think
 * they make them, a `seq` may come again: either the same note, or a later one, signed as well, that follows the same
 * predecessor. The next note follows one of them.
 *
 * 1. When `write` has resolved, the checkpoint survives whatever the sink's page says it survives.
 * 2. It is kept as it came: the note to the last character, and all that stands beside it.
 * 3. Checkpoints are kept in the order in which they came. One that comes again is taken without complaint; one with the
 *    `seq` of another and a note of its own is kept beside it.
 */
export interface CheckpointSink {
  write(checkpoint: AuditCheckpoint): Promise<void>
}
