import { type Duration, identifier, label, limit, refuse } from '../base/index.ts'
import type { FlipDraft } from './draft.ts'
import type { ConfirmOptions, GuardOptions, InputOptions, Recover, StepOptions, TransactOptions } from './options.ts'
import { parseConfirm, parseGuard, parseInput, parseNames, parseRecover, parseStep, parseTransact } from './parse.ts'
import type { InferInput, InferOutput, StandardSchemaV1 } from './standard-schema.ts'
import type { ConfirmContext, FlipType, GuardAnswer, GuardContext, StepContext } from './types.ts'

/** Flattens an intersection, so that it reads as one object. */
type Simplify<Type> = { [Key in keyof Type]: Type[Key] } & {}

/** The type of a name's parameter: the name, or, when it is taken, a sentence saying so. */
export type Fresh<Name, Taken, Kind extends string> = Name extends Taken & string
  ? `${Kind} "${Name}" is already declared`
  : Name

/** The same, in a chart that must have said what a transaction is. */
type FreshTransact<Name, Taken, Tx> = [Tx] extends [never]
  ? 'the chart declares no transaction: add .transaction<Tx>() before its phases'
  : Fresh<Name, Taken, 'step'>

declare const declares: unique symbol
const draftOf: unique symbol = Symbol('phasegate.draft')

/** A declared flip: what the callback of `.flip(name, …)` returns. */
export interface FlipDeclared<Type extends FlipType> {
  readonly [draftOf]: FlipDraft
  readonly [declares]?: Type
}

/** A flip begins with the phases it leads from. */
export interface FlipStart<Deps, Phases extends string, Tx = never> {
  /** The phases it may start from: one or more. */
  from<const From extends Phases>(...phases: readonly [From, ...From[]]): FlipFrom<Deps, Phases, From, Tx>
}

/** Then comes the phase it leads to. */
export interface FlipFrom<Deps, Phases extends string, From extends Phases, Tx = never> {
  /** The phase the subject is in when the flip has committed. */
  to<const To extends Phases>(
    phase: To,
  ): FlipTo<Deps, Phases, FlipType<From, To, undefined, undefined, { [None in never]: None }>, Tx>
}

type GuardOf<Deps, Type extends FlipType> = GuardContext<Deps, Type['parsed'], Type['from'], Type['to']>
type ConfirmOf<Deps, Phases extends string, Type extends FlipType> = ConfirmContext<
  Deps,
  Type['parsed'],
  Type['from'],
  Type['to'],
  Type['outputs'],
  Phases
>
type StepOf<Deps, Phases extends string, Type extends FlipType> = StepContext<
  Deps,
  Type['parsed'],
  Type['from'],
  Type['to'],
  Type['outputs'],
  Phases
>
type WithInput<Type extends FlipType, Schema extends StandardSchemaV1> = FlipType<
  Type['from'],
  Type['to'],
  InferInput<Schema>,
  InferOutput<Schema>,
  Type['outputs']
>
type WithOutput<Type extends FlipType, Step extends string, Output> = FlipType<
  Type['from'],
  Type['to'],
  Type['input'],
  Type['parsed'],
  Simplify<Type['outputs'] & { readonly [Name in Step]: Output }>
>

/** The rest, in any order; guards, steps and confirms run in the order of their declaration. */
export interface FlipBody<Deps, Phases extends string, Type extends FlipType, Tx = never, Taken extends string = never>
  extends FlipDeclared<Type> {
  /**
   * Reserves the flip, its cancelling and resolving, to actors with one of these roles. @default everybody, no actor
   * needed; but nobody where the chart declares roles for anything else
   */
  allow(...roles: readonly [string, ...string[]]): this
  /** Opens the flip to everybody, no actor needed, in a chart that declares roles for something else. */
  allowAnyone(): this
  /** A precondition. Anything but an explicit `true` is a no; `deny(reason)` says why. */
  guard<const Name extends string>(
    name: Fresh<Name, Taken extends `guard ${infer Guard}` ? Guard : never, 'guard'>,
    check: (context: GuardOf<Deps, Type>) => GuardAnswer,
    options?: GuardOptions,
  ): FlipBody<Deps, Phases, Type, Tx, Taken | `guard ${Name}`>
  /** A unit of work, with its undo. Its result is recorded, and typed into `outputs` of what comes later. */
  step<const Name extends string, Output>(
    name: Fresh<Name, keyof Type['outputs'], 'step'>,
    options: StepOptions<StepOf<Deps, Phases, Type>, Output>,
  ): FlipBody<Deps, Phases, WithOutput<Type, Name, Output>, Tx, Taken>
  /**
   * A unit of work in the journal's database: what it writes through `tx` and the record of it are one transaction, so it
   * is done exactly once. Needs `.transaction<Tx>()` on the chart, and a journal that has such transactions.
   */
  transact<const Name extends string, Output>(
    name: FreshTransact<Name, keyof Type['outputs'], Tx>,
    options: TransactOptions<Tx, StepOf<Deps, Phases, Type>, Output>,
  ): FlipBody<Deps, Phases, WithOutput<Type, Name, Output>, Tx, Taken>
  /** A condition that must become true before the flip commits; it is polled. */
  confirm<const Name extends string>(
    name: Fresh<Name, Taken extends `confirm ${infer Confirm}` ? Confirm : never, 'confirm'>,
    check: (context: ConfirmOf<Deps, Phases, Type>) => GuardAnswer,
    options?: ConfirmOptions,
  ): FlipBody<Deps, Phases, Type, Tx, Taken | `confirm ${Name}`>
  /** For the whole flip, retries included; then it turns back. @default '10m' */
  timeout(duration: Duration): this
  /** What a crashed flip does when it is adopted. @default 'resume' */
  recover(how: Recover): this
  /** Resources that no other flip, of whatever subject, may hold meanwhile. @default none */
  exclusive(...resources: readonly [string, ...string[]]): this
  /** Cancels the flip in progress, and then goes. @default waits or is refused like any other */
  preempt(): this
}

/** A flip whose input is not settled yet: guards and steps read it, so it comes before them. */
export interface FlipTo<Deps, Phases extends string, Type extends FlipType, Tx = never>
  extends FlipBody<Deps, Phases, Type, Tx> {
  /** What a caller must pass: any Standard Schema v1. @default no input */
  input<Schema extends StandardSchemaV1>(
    schema: Schema,
    options?: InputOptions,
  ): FlipBody<Deps, Phases, WithInput<Type, Schema>, Tx>
}

/** Runs the declaration of one flip. The types guide the order; at run time every method is there at every time. */
export function declareFlip(name: unknown, declare: unknown): FlipDraft {
  const flip = identifier(name, 'the name of a flip')
  if (typeof declare !== 'function') return refuse(`flip "${flip}"`, declare, 'a function: (f) => f.from(…).to(…)')
  const answer: unknown = declare(flipBuilder(emptyFlip(flip)))
  if (typeof answer === 'object' && answer !== null && draftOf in answer)
    return Object.freeze(answer[draftOf] as FlipDraft)
  return refuse(`flip "${flip}"`, answer, 'declared by what f returns: (f) => f.from(…).to(…)')
}

const NONE: readonly never[] = Object.freeze([])

function emptyFlip(name: string): FlipDraft {
  return {
    name,
    from: NONE,
    to: undefined,
    input: undefined,
    sensitive: undefined,
    allow: NONE,
    anyone: false,
    guards: NONE,
    steps: NONE,
    confirms: NONE,
    timeoutMs: limit(undefined, 'timeout', '10m'),
    recover: 'resume',
    exclusive: NONE,
    preempt: false,
  }
}

type Methods = Exclude<
  keyof (FlipStart<unknown, string> & FlipFrom<unknown, string, string> & FlipTo<unknown, string, FlipType>),
  symbol
>
type UntypedFlip = { readonly [Method in Methods]: (...given: readonly unknown[]) => UntypedFlip } & {
  readonly [draftOf]: FlipDraft
}

function flipBuilder(draft: FlipDraft): UntypedFlip {
  const place = `flip "${draft.name}"`
  const and = (more: Partial<FlipDraft>): UntypedFlip => flipBuilder({ ...draft, ...more })
  return {
    [draftOf]: draft,
    from: (...phases) => and({ from: parseNames(phases, `${place}.from`, identifier) }),
    to: (phase) => and({ to: identifier(phase, `${place}.to`) }),
    input: (schema, options) => and(parseInput(schema, options, place)),
    allow: (...roles) => and({ allow: also(draft.allow, ...parseNames(roles, `${place}.allow`, label)) }),
    allowAnyone: () => and({ anyone: true }),
    guard: (...given) => and({ guards: also(draft.guards, parseGuard(place, given[0], given[1], given[2])) }),
    step: (name, options) => and({ steps: also(draft.steps, parseStep(place, name, options, isPastReturn(draft))) }),
    transact: (name, options) =>
      and({ steps: also(draft.steps, parseTransact(place, name, options, isPastReturn(draft))) }),
    confirm: (...given) => and({ confirms: also(draft.confirms, parseConfirm(place, given[0], given[1], given[2])) }),
    timeout: (duration) => and({ timeoutMs: limit(duration, `${place}.timeout`, '10m') }),
    recover: (how) => and({ recover: parseRecover(how, place) }),
    exclusive: (...resources) =>
      and({ exclusive: also(draft.exclusive, ...parseNames(resources, `${place}.exclusive`, label)) }),
    preempt: () => and({ preempt: true }),
  }
}

function also<Item>(all: readonly Item[], ...more: readonly Item[]): readonly Item[] {
  return Object.freeze([...all, ...more])
}

function isPastReturn(draft: FlipDraft): boolean {
  return draft.steps.some((step) => step.irreversible)
}
