import type { Duration } from '../../base/index.ts'
import type { DepsOf, FlipsOf, PhasesOf } from '../../chart/index.ts'
import type { Gate, Recovery, Subject, SubjectState, TypedChart } from '../../gate/index.ts'
import type { Journal, JournalRecord } from '../../ports/index.ts'
import type { VirtualClock } from '../time/index.ts'
import type { Ledger } from './ledger.ts'

/** How often something goes wrong. */
export interface FaultOptions {
  /** In how many calls. @default Infinity for `fail`, `hang` and `slow`, until `heal`; 1 for a crash */
  readonly times?: number | undefined
}

/** How a part fails. */
export interface FailOptions extends FaultOptions {
  /** Whether it does its work before it throws: the effect is there, and nobody knows. @default false */
  readonly late?: boolean | undefined
}

/**
 * A gate and one of its subjects in a simulated process, on a virtual clock: nothing waits for real, and the same seed
 * gives the same run. Parts of flips go by name: `cordon` (a guard, step or confirm), `drain.cordon` where several flips
 * have one, `undo cordon` for a compensation.
 */
export interface Simulation<C extends TypedChart = TypedChart, Fakes extends DepsOf<C> = DepsOf<C>>
  extends Pick<Subject<PhasesOf<C>, FlipsOf<C>>, 'flip' | 'safeFlip' | 'explain' | 'id'> {
  readonly chart: C
  readonly clock: VirtualClock
  readonly ledger: Ledger
  /** What the steps act on, as the test sees it. */
  readonly deps: Fakes
  /** What outlives its processes. */
  readonly journal: Journal
  /** The gate of the process that lives. @throws SIMULATION_CRASHED when none does */
  readonly gate: Gate<C>
  /** The subject, in the process that lives; its calls let no time pass. @throws SIMULATION_CRASHED when none does */
  readonly subject: Subject<PhasesOf<C>, FlipsOf<C>>
  /** The phase, as the journal has it. */
  phase(): Promise<PhasesOf<C>>
  /** The phase, since when, the flip in progress, the timers, as the journal has them. */
  state(): Promise<SubjectState<PhasesOf<C>>>
  /** What happened to the subject, oldest first, as the journal has it. */
  history(): Promise<readonly JournalRecord[]>
  /** Moves time on: timers of the chart fire when they are due, and flips of dead processes are taken over. */
  advance(time: Duration): Promise<void>
  /** The part throws. @throws OPTION_INVALID naming the parts that there are */
  fail(part: string, error?: unknown, options?: FailOptions): void
  /** The part does nothing, and never answers: only its timeout ends it. */
  hang(part: string, options?: FaultOptions): void
  /** The part takes so long before it does its work. */
  slow(part: string, time: Duration, options?: FaultOptions): void
  /** The process dies before the part does anything. */
  crashBefore(part: string, options?: FaultOptions): void
  /** The process dies when the part has done its work, and nobody knows. */
  crashAfter(part: string, options?: FaultOptions): void
  /** Nothing goes wrong in the part any more; in none, without a name. */
  heal(part?: string): void
  /** `kill -9`. */
  crash(): void
  /** Another process, in place of the one that lived. */
  restart(): void
  /** What remains after a crash: another process takes over what the dead one has left, once its lease has run out. */
  recover(): Promise<Recovery>
  /** What happened, line by line, without ids: the same for every run with the same seed. */
  transcript(): string
}
