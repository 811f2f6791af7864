import type { Actor, Approval, Delay, Rollback } from '../ports/index.ts'
import type { Denial } from './deny.ts'
import type { Sensitive } from './sensitive.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** What every function of a flip gets. */
export interface FlipContext<
  Deps = unknown,
  Input = unknown,
  From extends string = string,
  To extends string = string,
> {
  readonly deps: Deps
  readonly input: Input
  readonly subject: string
  readonly flip: string
  readonly from: From
  readonly to: To
  readonly actor: Actor | undefined
  /** Aborts when the function has taken too long, or need not go on. */
  readonly signal: AbortSignal
}

/** What a guard gets: also what is remembered of the subject. */
export interface GuardContext<Deps = unknown, Input = unknown, From extends string = string, To extends string = string>
  extends FlipContext<Deps, Input, From, To> {
  /** Wall time now, in ms, by the gate's clock. */
  readonly at: number
  /** The last rollback of each flip of the subject, the newest first. */
  readonly rolledBack: readonly Rollback[]
  /** Those that have been given for this flip with this input, and have neither run out nor been used. */
  readonly approvals: readonly Approval[]
}

/** What a confirm gets: also the flip's id, and the results of the steps before it. */
export interface ConfirmContext<
  Deps = unknown,
  Input = unknown,
  From extends string = string,
  To extends string = string,
  Outputs = unknown,
  Phases extends string = string,
> extends FlipContext<Deps, Input, From, To> {
  readonly flipId: string
  readonly attempt: number
  readonly outputs: Outputs
  /** The fencing token of this owner: give it to outside systems that can refuse an older one. */
  readonly epoch: number
  /** Throws `LEASE_LOST` when this process can no longer be sure to own the flip. Call it right before an effect. */
  assertHeld(): void
  /** Gives out no further permits for `phase`, and resolves when those that are out have come back. */
  drained(phase: Phases): Promise<void>
}

/** What a step gets. `stepKey` is the same over retries and adoptions: the idempotency key for what the step calls. */
export interface StepContext<
  Deps = unknown,
  Input = unknown,
  From extends string = string,
  To extends string = string,
  Outputs = unknown,
  Phases extends string = string,
> extends ConfirmContext<Deps, Input, From, To, Outputs, Phases> {
  readonly stepKey: string
}

/** A step's context, and what the step returned: undefined when it is in doubt. */
export type UndoContext<Context, Output> = Context & { readonly output: Output | undefined }

/** A step's context, and what the step returned: a step that was a transaction is never in doubt. */
export type TransactUndoContext<Context, Output> = Context & { readonly output: Output }

/** What a guard may answer. Anything but `true` is a no; `deny(reason)` says why. */
export type GuardAnswer = boolean | Denial | PromiseLike<boolean | Denial>

/** Attempts, and the wait between them: random between 0 and min(cap, base · 2ⁿ). */
export interface RetrySpec {
  readonly attempts: number
  readonly baseMs: number
  readonly capMs: number
}

// What `build()` leaves behind: everything parsed, nothing optional, types erased. The runtime reads only this.

export interface PhaseSpec {
  readonly name: string
  readonly initial: boolean
  readonly final: boolean
  readonly after: readonly Delay[]
}

/** What a policy says of itself. */
export interface PolicySpec {
  /** Roles that may approve the flip, besides those that may flip it. */
  readonly approvers: readonly string[]
}

export interface GuardSpec {
  readonly name: string
  readonly check: (context: GuardContext) => unknown
  readonly timeoutMs: number
  /** Undefined for a plain guard, which nothing passes. */
  readonly policy: PolicySpec | undefined
}

/** A function, for how long it may run, and how often it is tried. */
export interface Trials<Run> {
  readonly run: Run
  readonly timeoutMs: number
  readonly retry: RetrySpec
}

type UndoContextSpec = UndoContext<StepContext, unknown>
export type UndoSpec = Trials<(context: UndoContextSpec) => unknown>
export type TransactUndoSpec = Trials<(tx: unknown, context: UndoContextSpec) => unknown>

/** A step that acts on the world, and is recorded after it. */
export interface EffectSpec extends Trials<(context: StepContext) => unknown> {
  readonly name: string
  readonly atomic: false
  readonly compensate: UndoSpec | undefined
  /** At most once: recorded before it runs; in doubt after a crash means undo, not retry. */
  readonly once: boolean
  /** The point of no return. */
  readonly irreversible: boolean
}

/** A step whose writes and whose record are one transaction of the journal. */
export interface TransactSpec extends Trials<(tx: unknown, context: StepContext) => unknown> {
  readonly name: string
  readonly atomic: true
  readonly compensate: TransactUndoSpec | undefined
  /** It is exactly once anyway. */
  readonly once: false
  /** The point of no return. */
  readonly irreversible: boolean
}

export type StepSpec = EffectSpec | TransactSpec

export interface ConfirmSpec {
  readonly name: string
  readonly check: (context: ConfirmContext) => unknown
  readonly withinMs: number
  readonly pollMs: number
}

export interface FlipSpec {
  readonly name: string
  readonly from: readonly string[]
  readonly to: string
  readonly input: StandardSchemaV1 | undefined
  /** What of the input is not stored in clear. */
  readonly sensitive: Sensitive | undefined
  readonly allow: readonly string[]
  /** Open to everybody, though the chart declares roles. */
  readonly anyone: boolean
  readonly guards: readonly GuardSpec[]
  readonly steps: readonly StepSpec[]
  readonly confirms: readonly ConfirmSpec[]
  readonly timeoutMs: number
  readonly recover: 'resume' | 'rollBack'
  readonly exclusive: readonly string[]
  readonly preempt: boolean
  /** The timers of the phase it leads to. */
  readonly entering: readonly Delay[]
}

/** Which phase a flip leads to, by phase and flip. Absent is illegal. */
export type Table = { readonly [phase: string]: { readonly [flip: string]: string } }

/** How the subjects of an older version of the chart move to this one: old phase → new phase, by old version. */
export type Migrations = { readonly [version: number]: { readonly [oldPhase: string]: string } }

/** What a chart says of one flip, at the level of types. */
export interface FlipType<
  From extends string = string,
  To extends string = string,
  Input = unknown,
  Result = unknown,
  Outputs = unknown,
> {
  readonly from: From
  readonly to: To
  /** What the caller passes. */
  readonly input: Input
  /** What the schema makes of it. */
  readonly parsed: Result
  readonly outputs: Outputs
}

export type FlipTypes = { readonly [name: string]: FlipType }

/** A chart with its types erased: what the runtime works on. */
export interface AnyChart {
  readonly name: string
  readonly version: number
  /** SHA-256 of the chart's content: names, order and options, not the bodies of functions. */
  readonly fingerprint: string
  readonly initial: string
  readonly phases: ReadonlyMap<string, PhaseSpec>
  readonly flips: ReadonlyMap<string, FlipSpec>
  readonly table: Table
  readonly migrations: Migrations
  /** Who may force, redact, prune and break the glass, and cancel and resolve every flip. */
  readonly operators: readonly string[]
}

/** Carries the types of a chart; exists at compile time only. */
export declare const types: unique symbol

/** The declaration of phases and flips: immutable, versioned, data and functions. Made by `chart(…)….build()`. */
export interface Chart<
  Name extends string = string,
  Deps = unknown,
  Phases extends string = string,
  Flips extends FlipTypes = FlipTypes,
  Tx = unknown,
> extends AnyChart {
  readonly name: Name
  readonly initial: Phases
  readonly [types]?: { readonly deps: Deps; readonly phases: Phases; readonly flips: Flips; readonly tx: Tx }
}

/** What a chart's guards, steps and confirms get as `deps`: `unknown` when the chart declares none. */
export type DepsOf<C extends Chart> = NonNullable<C[typeof types]>['deps']

/** What a chart's `transact` steps get as `tx`: `never` when the chart declares no transaction. */
export type TxOf<C extends Chart> = NonNullable<C[typeof types]>['tx']

/** The names of a chart's phases. */
export type PhasesOf<C extends Chart> = NonNullable<C[typeof types]>['phases']

/** A chart's flips: name → `FlipType`. */
export type FlipsOf<C extends Chart> = NonNullable<C[typeof types]>['flips']

/** The names of the flips that are legal from `Phase`; of a union of phases, those legal from each of them. */
export type LegalFrom<C extends Chart, Phase extends PhasesOf<C>> = {
  [Flip in keyof FlipsOf<C>]: [Phase] extends [FlipsOf<C>[Flip]['from']] ? Flip : never
}[keyof FlipsOf<C>] &
  string
