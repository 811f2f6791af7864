import type { SealedRecord } from './record.ts'
import type { SubjectRef } from './subject.ts'

/** A record of some subject, in the order in which a journal tells of all of them. */
export interface FeedEntry {
  readonly subject: SubjectRef
  readonly sealed: SealedRecord
}

/** A bite of the feed. `cursor` is where to go on: any text, of no meaning to anybody but the journal. */
export interface FeedPage {
  readonly entries: readonly FeedEntry[]
  readonly cursor: string | undefined
  /** Whether more is there already. */
  readonly more: boolean
  /** Whether there is more that is not given yet, since older writes are still under way. */
  readonly withheld: boolean
}

/** The end of a subject's chain. */
export interface ChainTip {
  readonly subject: SubjectRef
  readonly n: number
  readonly hash: string
}

/**
 * What auditors need of a journal: all that was recorded, of all subjects, to be followed from where one left off.
 *
 * 17. An append that says to `drop` records leaves them in `history` and `feed` with an empty payload, their headers and
 *    hashes as they were. Nothing else that is read from the journal says what the payloads held: the outcome that a flip
 *    stored against its key stays, without outputs and without the message of its failure, once one of its records is
 *    dropped; key and fingerprint stay. Who appends drops nothing that the head still tells: no record of a flip in
 *    progress. Numbers that there are not are refused with `OPTION_INVALID`.
 * 18. Who goes on from the cursor that `feed` gave it (`undefined`: from the beginning) is given every record once, those
 *    of one subject in order, and none is ever passed over; the cursor is good for as long as the journal is. At most
 *    `limit` records, all of them acknowledged or about to be. Another text than a cursor is refused with
 *    `OPTION_INVALID`.
 * 19. `tips` gives the number and the hash of the last record of every subject.
 * 20. `bookmark` gives the text that was last kept under a name; `moveBookmark` keeps `to` if `from` is what is kept, and
 *    says whether it was; when it rejects, either may be kept, and `bookmark` tells. It survives what records survive.
 */
export interface Feed {
  feed(after: string | undefined, limit: number): Promise<FeedPage>
  tips(): AsyncIterable<ChainTip>
  bookmark(name: string): Promise<string | undefined>
  moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean>
}
