/** What came of one turn of work. */
export type Turn =
  /** There is more to do. */
  | { readonly type: 'again' }
  /** Nothing is left of what there was when the turn began; `withheld`: but for what the journal does not give yet. */
  | { readonly type: 'level'; readonly waitMs: number; readonly withheld: boolean }
  | { readonly type: 'failed'; readonly waitMs: number; readonly cause: string }

/** Something that is done turn by turn, by one process at a time. */
export interface Work {
  /** Never rejects: what fails is told, and is the outcome. */
  turn(): Promise<Turn>
  /** The lock that keeps others from it has failed. */
  lockFailed(error: unknown): Extract<Turn, { type: 'failed' }>
  /** Another process may have gone on with it. */
  forget(): void
}
