import type { ConfirmSpec, StepSpec } from '../chart/index.ts'
import type { Failure } from '../ports/index.ts'
import type { Abort, Attempt } from './attempt.ts'
import type { Judge } from './judge.ts'
import type { Parts } from './parts.ts'
import type { Work } from './protocol.ts'
import type { Running } from './scope.ts'
import type { Told } from './writing.ts'

/** What performing needs of the run: its clock, its end, and somebody who can interrupt it. */
export interface Performer extends Running, Judge {
  readonly steps: readonly StepSpec[]
  readonly confirms: readonly ConfirmSpec[]
  /** Told of each part; undefined where nobody watches. */
  readonly parts: Parts | undefined
  random(): number
  /** The failure that shall turn the flip, if one came between two attempts. */
  turning(): Failure | undefined
  /** Calls the user's function; throws when this process has to leave the flip. */
  attempt(place: string, timeoutMs: number, abort: Abort, work: () => unknown): Attempt | Promise<Attempt>
  /** Runs `run` in a transaction of the journal; what it resolves with is recorded in the same, as what `work` gave. */
  transact(work: Work, run: (tx: unknown) => Promise<unknown>): Promise<Told>
  pause(ms: number): Promise<void>
}
