import type { Feed } from './feed.ts'
import type { Head, Settled } from './head.ts'
import type { JournalRecord, SealedRecord } from './record.ts'
import type { SubjectRef } from './subject.ts'

/** What an append does to the lease of the flip in progress. */
export type LeaseChange = { readonly ttlMs: number } | 'keep' | 'release'

/** Records and the head they fold to, to be stored together or not at all. */
export interface Append {
  readonly expected: { readonly version: number; readonly epoch: number }
  readonly records: readonly JournalRecord[]
  readonly head: Head
  readonly lease: LeaseChange
  /** Stored against its key, replacing what was there. */
  readonly settled: Settled | undefined
  /** Wall time in ms: outcomes that were settled before it are forgotten, with their keys. */
  readonly forget: number | undefined
  /** Numbers of earlier records whose payloads are dropped: see promise 17. */
  readonly drop: readonly number[] | undefined
  /** The idempotency key that a new flip is requested under, and which attempt under it this is. */
  readonly claim: { readonly key: string; readonly attempt: number } | undefined
  /** Unique to this append: a repeated one is recognised by it. */
  readonly opId: string
}

/**
 * The append-only record of what happened to subjects, and the authority on their phase.
 *
 * 1. `append` stores records, head and settled outcome together, or nothing.
 * 2. It is refused with `JOURNAL_CONFLICT`, and nothing is stored, unless the stored version and epoch are the expected
 *    ones (0 and 0 for a subject never written), and unless no outcome of the attempt that it claims, or of a later
 *    one, is stored against the key.
 * 3. So of any number of appends that expect the same version exactly one succeeds, and no epoch older than the stored
 *    one is ever written.
 * 4. An append repeated with its `opId` is stored once and answers as the first did.
 * 5. When `append` has resolved, the records survive whatever the adapter's page says they survive.
 * 6. An append whose outcome is not known rejects with `OUTCOME_UNKNOWN`; one that surely stored nothing with
 *    `JOURNAL_FAILED`.
 *    Every call settles: an adapter bounds its own waiting for a store that does not answer.
 * 7. `read` gives the head that the last stored append left, or undefined.
 * 8. `settled` gives the last outcome stored against the key, until an append says to forget it.
 * 9. `history` gives every record once, in order, as a chain; `from` and `to` are record numbers, both included.
 * 10. `renew` prolongs the lease and answers true while `epoch` is the stored one and the lease has not run out by the
 *    store's clock; otherwise it changes nothing and answers false.
 * 11. `abandoned` names subjects whose flip in progress is not stuck and holds no live lease; `due` those whose earliest
 *    timer has run out by the store's clock and which have no flip in progress; `stuck` those whose flip in progress is
 *    stuck. Each at most `limit`, for one chart; `abandoned` of that one subject when `id` is given.
 * 12. `heads` gives every subject of a chart once.
 * 13. Subject names are any text of 1–255 characters; two different ones never share anything.
 * 14. After `close`, every method rejects with `JOURNAL_CLOSED`; what was acknowledged stays.
 *
 * 15 and 16 are those of `TransactionalJournal`, 17 to 20 those of `Feed`.
 */
export interface Journal extends Feed {
  read(subject: SubjectRef): Promise<Head | undefined>
  append(subject: SubjectRef, append: Append): Promise<void>
  renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean>
  settled(subject: SubjectRef, key: string): Promise<Settled | undefined>
  history(subject: SubjectRef, range?: { readonly from?: number; readonly to?: number }): AsyncIterable<SealedRecord>
  heads(chart: string): AsyncIterable<{ readonly id: string; readonly head: Head }>
  abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]>
  due(chart: string, limit: number): Promise<readonly string[]>
  stuck(chart: string, limit: number): Promise<readonly string[]>
  close(): Promise<void>
}

/**
 * A journal whose store keeps what the user writes, too: a step's effect and the record of it in one transaction.
 *
 * 15. `transact` runs `work` in a transaction and stores the append that it returns in the same one. What `work` wrote
 *    through `tx` and the append are stored together, or neither is.
 * 16. When `work` rejects, everything is taken back, `transact` rejects with the same, and `tx` serves nobody any more.
 *    Otherwise it answers as `append` does, but asks nothing again: after `OUTCOME_UNKNOWN`, `read` tells, and an append
 *    that expects the same version can only be stored if this one was not.
 */
export interface TransactionalJournal<Tx> extends Journal {
  transact(subject: SubjectRef, work: (tx: Tx) => Promise<Append>): Promise<void>
}
