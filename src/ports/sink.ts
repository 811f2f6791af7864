/** A record as an audit sink gets it: the log it belongs to, its number there, and what the journal stores. */
export interface AuditEntry {
  readonly log: string
  readonly n: number
  readonly header: string
  readonly payload: string
  readonly hash: string
}

/**
 * Where copies of the records go.
 *
 * 1. When `write` has resolved, the entries survive whatever the sink's page says they survive.
 * 2. Entries of one log come in order. After a crash or a failure some may come again: `log` and `n` tell.
 * 3. A rejected `write` is repeated with the same entries, until it resolves.
 */
export interface AuditSink {
  write(entries: readonly AuditEntry[]): Promise<void>
}
