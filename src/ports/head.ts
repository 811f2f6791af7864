import type { Actor, ChartStamp, Doing, Failure } from './record.ts'

/** A step whose completion is recorded, with its result. */
export interface Checkpoint {
  readonly step: string
  readonly output: unknown
}

/** Which way a flip in progress is going. */
export type Course =
  | { readonly type: 'forward' }
  | { readonly type: 'back'; readonly failure: Failure; readonly undo: readonly string[] }
  | {
      readonly type: 'stuck'
      readonly doing: Doing
      readonly step: string
      readonly failure: Failure
      readonly then: Exclude<Course, { type: 'stuck' }>
    }

/** A flip in progress, as its records tell it. */
export interface FlipState {
  readonly id: string
  readonly flip: string
  readonly from: string
  readonly to: string
  readonly input: unknown
  readonly key: string | undefined
  readonly fingerprint: string | undefined
  readonly attempt: number
  readonly actor: Actor | undefined
  readonly owner: string
  readonly requestedAt: number
  /** Wall time in ms at which the flip has taken too long. */
  readonly deadline: number
  readonly trace: string | undefined
  readonly done: readonly Checkpoint[]
  /** The step that may have begun, and is not known to have ended. */
  readonly doubt: string | undefined
  /** An operator has let the confirms pass. */
  readonly confirmed: boolean
  readonly cancel: { readonly actor: Actor | undefined; readonly reason: string } | undefined
  readonly course: Course
}

/** A flip that falls due by itself, at this wall time in ms. */
export interface Timer {
  readonly flip: string
  readonly at: number
}

/** A flip that was undone, and at which wall time in ms. */
export interface Rollback {
  readonly flip: string
  readonly at: number
}

/** One approver's leave for one flip with one input. Their reason is in the record. */
export interface Approval {
  readonly flip: string
  /** SHA-256 of the flip's name and its input. */
  readonly fingerprint: string
  readonly actor: Actor
  /** Wall time in ms at which it was given. */
  readonly at: number
  /** Wall time in ms from which it does not count any more. */
  readonly until: number
}

/** Everything a journal says about a subject, folded. `version` is the number of its last record. */
export interface Head {
  readonly version: number
  readonly epoch: number
  readonly chart: ChartStamp
  readonly phase: string
  /** Wall time in ms at which the phase was entered. */
  readonly since: number
  readonly timers: readonly Timer[]
  readonly flip: FlipState | undefined
  /** The last rollback of each flip, the newest first; undefined when there was none. */
  readonly rolledBack: readonly Rollback[] | undefined
  /** What waits for its flip to be requested; undefined when nothing does. */
  readonly approvals: readonly Approval[] | undefined
}

/** How the last flip under an idempotency key ended. */
export interface Settled {
  readonly key: string
  readonly fingerprint: string
  readonly flipId: string
  readonly flip: string
  readonly attempt: number
  readonly from: string
  readonly to: string
  readonly epoch: number
  readonly at: number
  readonly outcome:
    | { readonly type: 'committed'; readonly outputs: Readonly<Record<string, unknown>> }
    | { readonly type: 'rolledBack'; readonly failure: Failure }
    | { readonly type: 'overridden'; readonly phase: string }
}
