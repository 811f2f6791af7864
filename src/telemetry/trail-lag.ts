/** How a sink of an audit trail is doing, as far as this process knows. */
export type TrailLag = RecordsLag | CheckpointsLag

interface SinkLag {
  /** The name it has in the trail. */
  readonly sink: string
  /** `standby`: another process has its lock, and knows how far it is. `idle`: nobody has told this process to deliver. */
  readonly role: 'idle' | 'delivering' | 'standby'
  /** Records, or checkpoints, that this trail has delivered. */
  readonly delivered: number
  /** Tries that failed, since this trail was made. */
  readonly failures: number
  /** Set while nothing succeeds: since when (wall ms), how many tries in a row, and why the last one failed. */
  readonly failing: { readonly since: number; readonly tries: number; readonly cause: string } | undefined
}

/** A sink of records. */
export interface RecordsLag extends SinkLag {
  readonly of: 'records'
  /** Records that are known to wait. At least so many: the trail reads no further ahead than a batch. */
  readonly behind: number
  /** Age in ms of the oldest record that is known to wait; 0 when none is. */
  readonly oldestMs: number
  /** Wall ms of the last delivery, of any process; undefined when there was none, or before the bookmark was read. */
  readonly lastDeliveredAt: number | undefined
}

/** The sink of checkpoints. */
export interface CheckpointsLag extends SinkLag {
  readonly of: 'checkpoints'
  /** Number of the last checkpoint that the sink has taken; 0 when there was none, or before the bookmark was read. */
  readonly seq: number
  /** Age in ms of that checkpoint; of this trail's watch over it when there was none. */
  readonly ageMs: number
}

/** What telemetry needs of an audit trail. */
export interface WatchedTrail {
  lag(): readonly TrailLag[]
}
