import { identifier, label } from '../base/index.ts'
import { assemble } from './assemble.ts'
import type { ChartDraft } from './draft.ts'
import { declareFlip, type FlipDeclared, type FlipStart, type Fresh } from './flip-builder.ts'
import type { ChartOptions, PhaseOptions } from './options.ts'
import { parseChartOptions, parseNames, parsePhase } from './parse.ts'
import type { Chart, FlipType, FlipTypes } from './types.ts'

/** A timer at the level of types: the phase it is declared on, and the flip it names. */
type TimerType<Phase extends string = string, Flip extends string = string> = Flip extends string
  ? readonly [Phase, Flip]
  : never

/** What is still wrong with a declaration, as a sentence; `unknown`, which everything is, when nothing is. */
type Ready<Flips extends FlipTypes, Initial extends string, Timers extends TimerType> = [Initial] extends [never]
  ? 'no phase is initial: declare one with .phase(name, { initial: true })'
  : [TimerProblem<Flips, Timers>] extends [never]
    ? unknown
    : TimerProblem<Flips, Timers>

type TimerProblem<Flips extends FlipTypes, Timers extends TimerType> = Timers extends readonly [
  infer Phase extends string,
  infer Flip extends string,
]
  ? Flip extends keyof Flips
    ? Phase extends Flips[Flip]['from']
      ? [Flips[Flip]['input']] extends [undefined]
        ? never
        : `the timer of phase "${Phase}" cannot give flip "${Flip}" its input`
      : `the timer of phase "${Phase}" names flip "${Flip}", which is not legal from there`
    : `the timer of phase "${Phase}" names flip "${Flip}", which is not declared`
  : never

/** The type of `initial`: what it was given, or, when there is an initial phase, a sentence saying so. */
type OnlyOne<IsInitial, Initial extends string> = IsInitial extends true
  ? [Initial] extends [never]
    ? IsInitial
    : `phase "${Initial}" is initial already`
  : IsInitial

/** Every flip written out, so that a hover reads as the declaration does. */
type Written<Flips extends FlipTypes> = {
  readonly [Flip in keyof Flips]: FlipType<
    Flips[Flip]['from'],
    Flips[Flip]['to'],
    Flips[Flip]['input'],
    Flips[Flip]['parsed'],
    Flips[Flip]['outputs']
  >
} & {}

/** A chart under declaration. Immutable: every call returns another. Phases come before the flips that name them. */
export interface ChartBuilder<
  Name extends string,
  Deps,
  Phases extends string,
  Flips extends FlipTypes,
  Initial extends string,
  Timers extends TimerType,
  Tx = never,
> {
  /** A state a subject can be in. */
  phase<const Phase extends string, const IsInitial extends boolean = false, const Timed extends string = never>(
    name: Fresh<Phase, Phases, 'phase'>,
    options?: PhaseOptions<OnlyOne<IsInitial, Initial>, Timed>,
  ): ChartBuilder<
    Name,
    Deps,
    Phases | Phase,
    Flips,
    IsInitial extends true ? Initial | Phase : Initial,
    Timers | TimerType<Phase, Timed>,
    Tx
  >
  /** A transition between phases: `(f) => f.from('serving').to('draining')`, then its guards, steps and confirms. */
  flip<const Flip extends string, Type extends FlipType>(
    name: Fresh<Flip, keyof Flips, 'flip'>,
    declare: (f: FlipStart<Deps, Phases, Tx>) => FlipDeclared<Type>,
  ): ChartBuilder<Name, Deps, Phases, Flips & { readonly [Name in Flip]: Type }, Initial, Timers, Tx>
  /**
   * Reserves what is out of the ordinary to actors with one of these roles: force, redact, prune and breakGlass; they may
   * cancel and resolve every flip, too. @default nobody, where the chart declares other roles; otherwise everybody
   */
  operators(...roles: readonly [string, ...string[]]): this
  /** Judges the whole, and freezes it. Throws `CHART_INVALID`, listing every problem with its place and mend. */
  build(this: Ready<Flips, Initial, Timers>): Chart<Name, Deps, Phases, Written<Flips>, Tx>
}

/** A chart under declaration that has no phases yet: everything after them sees the types that are settled here. */
type Begun<Name extends string, Deps, Tx> = ChartBuilder<
  Name,
  Deps,
  never,
  { readonly [None in never]: None },
  never,
  never,
  Tx
>

/** A chart of which is not settled yet what its functions get. */
export interface ChartStart<Name extends string> extends Begun<Name, unknown, never> {
  /** What guards, steps and confirms get as `deps`; given to the gate once. @default unknown: the gate asks for none */
  deps<Deps>(): ChartWithDeps<Name, Deps>
  /** What `transact` steps get as `tx`: the gate's journal must have transactions of this type. @default no such steps */
  transaction<Tx>(): ChartWithTransaction<Name, Tx>
}

/** A chart whose dependencies are settled. */
export interface ChartWithDeps<Name extends string, Deps> extends Begun<Name, Deps, never> {
  /** What `transact` steps get as `tx`: the gate's journal must have transactions of this type. @default no such steps */
  transaction<Tx>(): Begun<Name, Deps, Tx>
}

/** A chart whose transaction is settled. */
export interface ChartWithTransaction<Name extends string, Tx> extends Begun<Name, unknown, Tx> {
  /** What guards, steps and confirms get as `deps`; given to the gate once. @default unknown: the gate asks for none */
  deps<Deps>(): Begun<Name, Deps, Tx>
}

/**
 * Declares the phases of something you operate, and the flips between them. Throws `OPTION_INVALID` for a name or option
 * that is not of its form, at the call that passes it.
 *
 * @example
 * chart('db', { version: 1 })
 *   .phase('serving', { initial: true })
 *   .phase('stopped', { final: true })
 *   .flip('stop', (f) => f.from('serving').to('stopped'))
 *   .build()
 */
export function chart<const Name extends string>(name: Name, options: ChartOptions): ChartStart<Name> {
  const draft: ChartDraft = {
    name: identifier(name, 'the name of a chart'),
    ...parseChartOptions(options),
    phases: [],
    flips: [],
    operators: Object.freeze([]),
  }
  return untyped(draft) as unknown as ChartStart<Name>
}

type UntypedChart = { readonly [Method in keyof ChartStart<string>]: (...given: readonly unknown[]) => unknown }

function untyped(draft: ChartDraft): UntypedChart {
  return {
    deps: () => untyped(draft),
    transaction: () => untyped(draft),
    phase: (name, options) => untyped({ ...draft, phases: [...draft.phases, parsePhase(name, options)] }),
    flip: (name, declare) => untyped({ ...draft, flips: [...draft.flips, declareFlip(name, declare)] }),
    operators: (...roles) => {
      const operators = new Set([...draft.operators, ...parseNames(roles, 'operators', label)])
      return untyped({ ...draft, operators: Object.freeze([...operators]) })
    },
    build: () => assemble(draft),
  }
}
