/**
 * What can be wrong with an audit trail.
 *
 * - `edited`: a header or payload is not the one that was sealed; of a checkpoint, not what a trusted key has signed.
 * - `deleted`: a record is missing, and later ones are there.
 * - `inserted`: a record that has no place in this log: another's, or a second one of its number.
 * - `reordered`: all are there, in another order.
 * - `truncated`: there are fewer records than something vouches for.
 * - `forked`: the chain holds in itself, and is not the one that a checkpoint vouches for.
 * - `stale`: checkpoints are missing, do not join, or are too old.
 * - `redacted`: a payload was dropped, and no record says by whom and why.
 */
export type FaultClass = 'edited' | 'deleted' | 'inserted' | 'reordered' | 'truncated' | 'forked' | 'stale' | 'redacted'

/**
 * Something that is not as it was written. `log` is the name of a log and `n` the number of a record in it; or
 * `checkpoints` (no log is called so) and the `seq` of one; or the path of a file and a line of it.
 */
export interface Fault {
  readonly class: FaultClass
  readonly log: string
  readonly n: number
  /** A sentence for people. */
  readonly problem: string
}

/** What stands for the log in a fault of checkpoints. */
export const CHECKPOINTS = 'checkpoints'
