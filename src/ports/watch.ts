import type { FlipState } from './head.ts'

/** A part of a flip in which functions of the user are called. */
export interface Part {
  readonly kind: 'guard' | 'step' | 'confirm' | 'undo'
  readonly name: string
}

/** Why a part, or a flip, did not go through: a code, a message, and what was thrown, if anything was. */
export interface PartFailure {
  readonly code: string
  readonly message: string
  readonly cause?: unknown
}

/** Follows one part of a flip, from its first call to its end. */
export interface PartWatch {
  /** Makes one call of the user's function; what it returns or throws goes through. */
  run<Result>(call: () => Result): Result
  /** It is tried, or looked at, again: for the second time, the third, … */
  again(tries: number): void
  /** Once, at the end. */
  ended(failure: PartFailure | undefined): void
}

/** How a call, an adoption or a resolution has ended, as far as this process is concerned. */
export interface WatchedEnd {
  readonly outcome: 'committed' | 'rolledBack' | 'stuck' | 'interrupted' | 'replayed' | 'joined' | 'refused'
  /** The flip whose outcome it is; undefined where it came to none. */
  readonly flipId: string | undefined
  /** Why there is no result. */
  readonly failure: PartFailure | undefined
}

/** What a flip that is legal now would do. */
export interface Prospect {
  readonly from: string
  readonly to: string
  readonly attempt: number
}

/**
 * Follows one flip through this process: from when it is asked for, adopted or resolved, to its end here. It only looks:
 * nothing that it does, or throws, changes what happens.
 */
export interface FlipWatch {
  /** Kept with the request, so that who adopts the flip can be told to belong to it: a W3C traceparent. */
  readonly trace: string | undefined
  /** It had to wait so long for another flip of the subject, or for a resource. */
  waited(ms: number): void
  /** It is legal: its guards are asked next. */
  going(prospect: Prospect): void
  /** It waits for the outcome of another call under its key, whose flip keeps this trace. */
  joined(trace: string | undefined): void
  /** The flip is owned by this process, under this epoch. */
  taken(flip: FlipState, epoch: number): void
  begin(part: Part): PartWatch
  /** Once, at the end. */
  ended(end: WatchedEnd): void
}
