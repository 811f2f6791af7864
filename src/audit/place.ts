import type { Link } from './chain.ts'
import type { ClaimList } from './claims.ts'
import type { Fault } from './fault.ts'

/** How a record stands to those of its log that came before it. */
export type Place =
  /** It is the next. */
  | 'follows'
  /** It has the next number, and names another record as the one before it. */
  | 'breaks'
  /** Its number is too high. */
  | 'skips'
  /** Its number was there before. */
  | 'repeats'

/** The place of a record behind `last`. */
export function placeOf(last: Link, n: number, prev: string | undefined): Place {
  if (n <= last.n) return 'repeats'
  if (n > last.n + 1) return 'skips'
  return prev === last.hash ? 'follows' : 'breaks'
}

/** What is suspected of a log, until it is known which fault it is. */
export type Doubt =
  /** Records `from` to `to` were not there when they should have come. Should one come later, the order is what is wrong. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly fault: Fault }
  /**
   * Record `fault.n` is another than is vouched for. Should the next name the one that is vouched for, this one alone was
   * changed; should it name this one, the whole chain is another.
   */
  | { readonly type: 'other'; readonly vouched: string; readonly fault: Fault }

type Course =
  | { readonly type: 'sound' }
  | { readonly type: 'doubtful'; readonly doubt: Doubt }
  /** Its fault is known: nothing more is asked of it. */
  | { readonly type: 'faulty' }

/** What is kept of a log while its records go by. */
export interface LogState {
  readonly log: string
  /** Where it begins: behind what was removed on purpose. */
  start: number
  last: Link
  course: Course
  readonly claims: ClaimList
  /** The highest number that must be there, and who says so. */
  due: { readonly n: number; readonly seq: number }
  /** The highest number that a checkpoint vouches for. */
  vouched: number
  /** Hashes of records that came again, and have not been followed to where the chain is known. */
  unfollowed: Map<number, string> | undefined
  /** Numbers of records without a payload, and of those that a `redacted` record accounts for. */
  blank: Set<number> | undefined
  accounted: Set<number> | undefined
}
