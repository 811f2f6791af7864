import type { Journal } from '../../ports/index.ts'

/** A journal under test, new and empty, and the time it lives in. */
export interface JournalHarness {
  readonly journal: Journal
  /** The time of the store. A store whose time cannot be set waits for real in `advance`. */
  readonly clock: { now(): number; advance(ms: number): Promise<void> }
  /**
   * Opens the same store again, without closing the first where that can be done. Undefined where nothing outlives the
   * journal: what asks for it is then passed over.
   */
  readonly reopen: (() => Promise<Journal>) | undefined
}

/** One thing that a journal promises: `promise` is its number in the documentation of `Journal`. */
export interface JournalCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the journal does not keep the promise. Every run takes a new harness. */
  run(harness: JournalHarness): Promise<void>
}
