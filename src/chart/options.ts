import type { Duration } from '../base/index.ts'
import type { TransactUndoContext, UndoContext } from './types.ts'

/** Options of `chart(name, options)`. */
export interface ChartOptions {
  /** Raise it with every change that matters to stored subjects: a positive integer. */
  readonly version: number
  /**
   * Where the subjects of older versions go: `{ 1: { oldPhase: 'newPhase' } }`.
   * @default none: subjects of another version are stranded until they are migrated
   */
  readonly migrate?: { readonly [version: number]: { readonly [oldPhase: string]: string } } | undefined
}

/** Options of `.phase(name, options)`. */
export interface PhaseOptions<Initial, Timed extends string> {
  /**
   * Subjects begin here.
   * @default false
   */
  readonly initial?: Initial | undefined
  /**
   * Subjects end here: no flip leads out.
   * @default false
   */
  readonly final?: boolean | undefined
  /**
   * Durable timers: `{ '15m': 'restore' }` flips `restore` 15 minutes after the phase was entered.
   * @default none
   */
  readonly after?: { readonly [delay in `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`]?: Timed } | undefined
}

/** Options of `.input(schema, options)`. */
export interface InputOptions {
  /**
   * What must never be stored in clear: `['card.number', 'people.*.name']`, besides what the schema marks by
   * `sensitive: true` in its metadata. The gate needs `secrets` then.
   * @default what the schema marks
   */
  readonly sensitive?: readonly string[] | undefined
}

/** Options of `.guard(name, check, options)`. */
export interface GuardOptions {
  /**
   * A guard that takes longer is a no.
   * @default '5s'
   */
  readonly timeout?: Duration | undefined
}

/** Attempts, and the wait between them: random between 0 and min(cap, base · 2ⁿ). */
export interface RetryOptions {
  /**
   * How often it is tried, the first time included.
   * @default 1 for a step, 5 from the point of no return on, 3 for a compensation
   */
  readonly attempts?: number | undefined
  /** @default '100ms' */
  readonly base?: Duration | undefined
  /** @default '10s' */
  readonly cap?: Duration | undefined
}

/** Undoes a step. `output` is what the step returned: undefined when the step is in doubt. Must be safe to repeat. */
export type Undo<Context, Output> = (context: UndoContext<Context, Output>) => unknown

/** Undoes a `transact` step, in a transaction of its own, exactly once. `output` is what the step returned. */
export type TransactUndo<Tx, Context, Output> = (tx: Tx, context: TransactUndoContext<Context, Output>) => unknown

interface UndoLimits<Run> {
  readonly run: Run
  /** @default '30s' */
  readonly timeout?: Duration | undefined
  /** @default 3 attempts, base '100ms', cap '10s' */
  readonly retry?: RetryOptions | undefined
}

/** `compensate`, with its own limits. */
export interface UndoOptions<Context, Output> extends UndoLimits<Undo<Context, Output>> {}

/** `compensate` of a `transact` step, with its own limits. */
export interface TransactUndoOptions<Tx, Context, Output> extends UndoLimits<TransactUndo<Tx, Context, Output>> {}

interface StepLimits {
  /**
   * For one attempt.
   * @default '30s'
   */
  readonly timeout?: Duration | undefined
  /** @default 1 attempt, and 5 from the point of no return on; base '100ms', cap '10s' */
  readonly retry?: RetryOptions | undefined
  /**
   * The point of no return: from here on failures are retried, then stuck, never undone.
   * @default false
   */
  readonly irreversible?: boolean | undefined
}

/** Options of `.step(name, options)`. Write `run` first: `compensate` takes the type of `output` from it. */
export interface StepOptions<Context, Output> extends StepLimits {
  /** The work. What it returns is recorded as JSON, and is `outputs.<name>` for what comes later. */
  readonly run: (context: Context) => Output | PromiseLike<Output>
  /**
   * Undoes it, when the flip turns back.
   * @default nothing is undone
   */
  readonly compensate?: Undo<Context, NoInfer<Output>> | UndoOptions<Context, NoInfer<Output>> | undefined
  /**
   * At most once: recorded before it runs; in doubt after a crash means undo, not retry.
   * @default false
   */
  readonly once?: boolean | undefined
}

/** Options of `.transact(name, options)`. Write `run` first: `compensate` takes the type of `output` from it. */
export interface TransactOptions<Tx, Context, Output> extends StepLimits {
  /**
   * The work, all of it through `tx`. What it writes there is committed together with the record of the step, or not at
   * all. What it returns is recorded as JSON, and is `outputs.<name>` for what comes later.
   */
  readonly run: (tx: Tx, context: Context) => Output | PromiseLike<Output>
  /**
   * Undoes it, when the flip turns back: in a transaction, too.
   * @default nothing is undone
   */
  readonly compensate?:
    | TransactUndo<Tx, Context, NoInfer<Output>>
    | TransactUndoOptions<Tx, Context, NoInfer<Output>>
    | undefined
}

/** Options of `.confirm(name, check, options)`. */
export interface ConfirmOptions {
  /**
   * How long it may take to become true.
   * @default '30s'
   */
  readonly within?: Duration | undefined
  /**
   * The wait between two looks.
   * @default '500ms'
   */
  readonly poll?: Duration | undefined
}

/** What a crashed flip does when it is adopted. */
export type Recover = 'resume' | 'rollBack'
