import type { Act, FailureFacts } from '../base/index.ts'

/** Who asks. Roles are what `.allow(…)` compares with. */
export interface Actor {
  readonly id: string
  readonly roles?: readonly string[] | undefined
}

/** Why a flip turned back or got stuck. */
export type Failure = FailureFacts

/** A flip that falls due some time after its phase was entered. */
export interface Delay {
  readonly flip: string
  readonly afterMs: number
}

/** Which chart wrote: the version its author gave, and the fingerprint of its content. */
export interface ChartStamp {
  readonly version: number
  readonly fingerprint: string
}

/** Who broke the glass, why, and the policies that said no and were passed. */
export interface BreakGlass {
  readonly actor: Actor
  readonly reason: string
  readonly passed: readonly { readonly policy: string; readonly reason: string }[]
}

/** What a stuck flip was doing when it got stuck. */
export type Doing = 'run' | 'confirm' | 'undo'

/**
 * What happened, without its place in the journal. Bodies carry all that `evolve` needs, so that a journal can be folded
 * without the chart that wrote it.
 */
export type Body =
  | {
      readonly kind: 'requested'
      readonly flipId: string
      readonly flip: string
      readonly from: string
      readonly to: string
      readonly chart: ChartStamp
      readonly input: unknown
      readonly key: string | undefined
      readonly fingerprint: string | undefined
      readonly attempt: number
      readonly actor: Actor | undefined
      readonly owner: string
      readonly deadline: number
      readonly trace: string | undefined
      readonly breakGlass: BreakGlass | undefined
    }
  /** A `once` step is about to run: from here on it is in doubt. */
  | { readonly kind: 'started'; readonly flipId: string; readonly step: string }
  | { readonly kind: 'stepped'; readonly flipId: string; readonly step: string; readonly output: unknown }
  /** The flip goes back. `undo`: the steps to be undone, in this order. */
  | { readonly kind: 'turned'; readonly flipId: string; readonly failure: Failure; readonly undo: readonly string[] }
  | { readonly kind: 'undone'; readonly flipId: string; readonly step: string }
  | {
      readonly kind: 'committed'
      readonly flipId: string
      readonly flip: string
      readonly from: string
      readonly to: string
      readonly timers: readonly Delay[]
    }
  | {
      readonly kind: 'rolledBack'
      readonly flipId: string
      readonly flip: string
      readonly from: string
      readonly to: string
      readonly failure: Failure
    }
  | {
      readonly kind: 'stuck'
      readonly flipId: string
      readonly doing: Doing
      readonly step: string
      readonly failure: Failure
    }
  | {
      readonly kind: 'resolved'
      readonly flipId: string
      readonly how: 'retry' | 'skip' | 'force'
      readonly actor: Actor
      readonly reason: string
      readonly owner: string
      readonly deadline: number
    }
  /**
   * Another owner took over. `doubt`: the step that the dead one may have begun. `actor`: the system, as whom it did so;
   * not said in records of versions that did not ask for leave.
   */
  | {
      readonly kind: 'adopted'
      readonly actor: Actor | undefined
      readonly flipId: string
      readonly owner: string
      readonly previous: string
      readonly doubt: string | undefined
    }
  | {
      readonly kind: 'cancelRequested'
      readonly flipId: string
      readonly actor: Actor | undefined
      readonly reason: string
    }
  /**
   * It stands for 1 + `repeats` denials. `act` is not said where it stands for several, and in records of versions that
   * knew flips alone.
   */
  | {
      readonly kind: 'denied'
      readonly act: Act | undefined
      readonly flip: string | undefined
      readonly actor: Actor | undefined
      readonly by: 'authorisation' | 'guard' | 'policy'
      readonly guard: string | undefined
      readonly reason: string
      readonly repeats: number
    }
  /** Leave for one request of the flip, with the input that the fingerprint is of, before `until` (wall ms). */
  | {
      readonly kind: 'approved'
      readonly flip: string
      readonly fingerprint: string
      readonly actor: Actor
      readonly reason: string
      readonly until: number
    }
  /** Break-glass: the phase was set by hand. `overridden`: the flip that was in progress. */
  | {
      readonly kind: 'forced'
      readonly phase: string
      readonly from: string
      readonly actor: Actor
      readonly reason: string
      readonly overridden: string | undefined
      readonly chart: ChartStamp
      readonly timers: readonly Delay[]
    }
  /** Outcomes that were settled before `before` answer for their keys no longer. */
  | { readonly kind: 'pruned'; readonly before: number; readonly actor: Actor; readonly reason: string }
  /** The payloads of these records were dropped, with this append. */
  | {
      readonly kind: 'redacted'
      readonly records: readonly number[]
      readonly actor: Actor
      readonly reason: string
    }
  | {
      readonly kind: 'migrated'
      readonly phase: string
      readonly from: string
      readonly previous: ChartStamp
      readonly chart: ChartStamp
      readonly timers: readonly Delay[]
    }

export type RecordKind = Body['kind']

/** The place of a record: its number in the subject's journal (from 1), wall time in ms, and the epoch that wrote it. */
export interface Stamp {
  readonly n: number
  readonly at: number
  readonly epoch: number
}

export type JournalRecord<Kind extends RecordKind = RecordKind> = Stamp & Extract<Body, { kind: Kind }>

/** A record as it is stored: two texts, never re-serialised, and the SHA-256 of the header's bytes. */
export interface SealedRecord {
  readonly header: string
  readonly payload: string
  readonly hash: string
}
