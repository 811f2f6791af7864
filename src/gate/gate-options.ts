import type { Duration } from '../base/index.ts'
import type { Chart, DepsOf, TxOf } from '../chart/index.ts'
import type { Clock, Journal, Lock, Secrets, TransactionalJournal } from '../ports/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Authorize } from './access.ts'

/** Any chart, with its types. */
// biome-ignore lint/suspicious/noExplicitAny: a chart's type parameters are read, never written
export type TypedChart = Chart<string, any, any, any>

interface BaseGateOptions {
  /**
   * Asked, after the roles that the chart declares, for every flip and every order: only exactly `true` is a yes;
   * `deny(reason)` says why not. @default the roles decide alone
   */
  readonly authorize?: Authorize | undefined
  /** How long it may take to answer: a no, from then on. @default '5s' */
  readonly authorizeTimeout?: Duration | undefined
  /** For `.exclusive(…)` resources. @default a lock among the gates of this process that share it by default */
  readonly lock?: Lock | undefined
  /** Seals what a chart marks as sensitive; needed where it does. @default none */
  readonly secrets?: Secrets | undefined
  /** Watches every flip: `openTelemetry()` of phasegate/otel, say. @default nobody, at no cost */
  readonly telemetry?: Telemetry | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
  /** Chance, for backoff and jitter: 0 ≤ x < 1. @default Math.random */
  readonly random?: (() => number) | undefined
  /** For how long a process owns a flip without renewing. @default '15s' */
  readonly leaseTtl?: Duration | undefined
  /** How often `start()` looks for abandoned flips and timers; each wait is jittered by half. @default '5s' */
  readonly poll?: Duration | undefined
}

interface AnyJournal {
  /** Where records are kept. @default a journal in memory, which ends with the process */
  readonly journal?: Journal | undefined
}

interface JournalOfTransactions<Tx> {
  /** Where records are kept, in the same transactions as what `transact` steps write. */
  readonly journal: TransactionalJournal<Tx>
}

/** Whether the chart is known to declare a transaction: that of a chart whose types were erased is `unknown`. */
type HasTransaction<C extends TypedChart> = [TxOf<C>] extends [never] ? false : unknown extends TxOf<C> ? false : true

/** `deps` is required when the chart declares dependencies; a journal with transactions when it declares one. */
export type GateOptions<C extends TypedChart> = BaseGateOptions &
  (unknown extends DepsOf<C> ? { readonly deps?: undefined } : { readonly deps: DepsOf<C> }) &
  (HasTransaction<C> extends true ? JournalOfTransactions<TxOf<C>> : AnyJournal)

/** The options of a gate, which may be left out where none is required. */
export type GateArguments<C extends TypedChart> =
  HasTransaction<C> extends true
    ? [options: GateOptions<C>]
    : undefined extends GateOptions<C>['deps']
      ? [options?: GateOptions<C>]
      : [options: GateOptions<C>]
