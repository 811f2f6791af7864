import type { AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate'
import { isPlainObject, known, PhasegateError, refuse } from '../base/index.ts'
import { type Chart, type ChartOptions, chart, type FlipDeclared, type FlipTo, type FlipType } from '../chart/index.ts'
import { type MachineReading, readMachine } from './read-machine.ts'
import type { Problem } from './unfit.ts'

/** The phases of a flat machine: its states, where their names are known to the types. */
export type PhasesOfMachine<M extends AnyStateMachine> = Extract<SnapshotFrom<M>['value'], string>

/** The flips of a flat machine: its events, where their names are known to the types. */
export type FlipsOfMachine<M extends AnyStateMachine> = EventFromLogic<M>['type']

/** What the functions of the flips get, as a type: `types: {} as { deps: { lb: LoadBalancer } }`. */
export interface BehaviourTypes {
  readonly deps?: unknown
  readonly tx?: unknown
}

type DepsIn<Types> = Types extends { readonly deps: infer Deps } ? Deps : unknown
type TxIn<Types> = Types extends { readonly tx: infer Tx } ? Tx : never

/** A flip as the machine says it: with nothing to be done. */
type Bare<Phases extends string> = FlipType<Phases, Phases, undefined, undefined, { [None in never]: None }>

/** Phases, deps and transaction of a machine that becomes a chart. */
type FlipOf<M extends AnyStateMachine, Types> = FlipTo<
  DepsIn<Types>,
  PhasesOfMachine<M>,
  Bare<PhasesOfMachine<M>>,
  TxIn<Types>
>

/** What a machine does not say of a chart. */
export interface Behaviours<
  M extends AnyStateMachine,
  Name extends string = string,
  Types extends BehaviourTypes = BehaviourTypes,
  Flips extends { readonly [Flip in FlipsOfMachine<M>]?: FlipType } = { readonly [None in never]: FlipType },
> extends ChartOptions {
  /** The name of the chart. @default the id of the machine */
  readonly name?: Name | undefined
  /** Types alone; nothing of it is read: `{} as { deps: { lb: LoadBalancer } }`. @default none */
  readonly types?: Types | undefined
  /** As `.operators(…)` of a chart. @default none */
  readonly operators?: readonly string[] | undefined
  /** By flip: its input, roles, guards, steps and confirms, as in a chart after `from` and `to`. @default phases alone change */
  readonly flips?:
    | { readonly [Flip in keyof Flips]: (f: FlipOf<M, Types>) => FlipDeclared<Flips[Flip] & FlipType> }
    | undefined
}

type AllFlips<M extends AnyStateMachine, Flips> = {
  readonly [Flip in FlipsOfMachine<M>]: Flip extends keyof Flips
    ? Extract<Flips[Flip], FlipType>
    : Bare<PhasesOfMachine<M>>
}

/**
 * A flat XState v5 machine as a chart: states are phases, events are flips, numeric `after` are timers; `behaviours` says what
 * the flips ask and do. Whatever else the machine says is refused.
 * @throws MACHINE_UNFIT with every problem there is, CHART_INVALID from `build()`, OPTION_INVALID
 */
export function fromMachine<
  M extends AnyStateMachine,
  const Name extends string = string,
  Types extends BehaviourTypes = BehaviourTypes,
  Flips extends { readonly [Flip in FlipsOfMachine<M>]?: FlipType } = { readonly [None in never]: FlipType },
>(
  machine: M,
  behaviours: Behaviours<M, Name, Types, Flips>,
): Chart<Name, DepsIn<Types>, PhasesOfMachine<M>, AllFlips<M, Flips>, TxIn<Types>> {
  if (!isMachine(machine)) return refuse('machine', machine, 'a machine of XState v5: createMachine(…)')
  const given = known(behaviours, 'behaviours', ['name', 'version', 'migrate', 'types', 'operators', 'flips'])
  const flips = isPlainObject(given.flips ?? {}) ? (given.flips ?? {}) : refuse('flips', given.flips, 'an object')
  const reading = readMachine(machine)
  const problems = [...reading.problems, ...strangers(reading, Object.keys(flips))]
  if (problems.length > 0) throw unfit(machine.id, problems)
  return declare(begin(machine.id, given), reading, flips as Declarations).build() as never
}

type Declarations = { readonly [flip: string]: unknown }

/** The builder of charts without its types: names come from the machine. */
interface Untyped {
  phase(name: string, options: object): Untyped
  flip(name: string, declare: (f: UntypedFlip) => unknown): Untyped
  operators(...roles: readonly unknown[]): Untyped
  build(): unknown
}

interface UntypedFlip {
  from(...phases: readonly string[]): { to(phase: string): unknown }
}

function begin(id: string, { name = id, version, migrate, operators }: Readonly<Record<string, unknown>>): Untyped {
  const begun = chart(name as string, { version, migrate } as ChartOptions) as unknown as Untyped
  if (operators === undefined) return begun
  return Array.isArray(operators) ? begun.operators(...operators) : refuse('operators', operators, 'a list of roles')
}

function declare(begun: Untyped, { phases, flips }: MachineReading, declarations: Declarations): Untyped {
  const phased = phases.reduce((chart, { name, initial, final, after }) => {
    const timers = Object.fromEntries(after.map(({ flip, afterMs }) => [`${afterMs}ms`, flip]))
    return chart.phase(name, { initial, final, after: timers })
  }, begun)
  return flips.reduce((chart, { name, from, to }) => {
    const more = Object.hasOwn(declarations, name) ? declarations[name] : undefined
    return chart.flip(name, (f) => further(name, more, f.from(...from).to(to)))
  }, phased)
}

function further(flip: string, more: unknown, bare: unknown): unknown {
  if (more === undefined) return bare
  return typeof more === 'function'
    ? more(bare)
    : refuse(`flips.${flip}`, more, 'a function: (f) => f.guard(…).step(…)')
}

function strangers({ flips }: MachineReading, declared: readonly string[]): readonly Problem[] {
  const names = flips.map(({ name }) => name)
  return declared
    .filter((flip) => !names.includes(flip))
    .map((flip) => ({
      place: `behaviours.flips, "${flip}"`,
      problem: 'the machine has no such event',
      mend: `use one of ${names.map((name) => `"${name}"`).join(', ')}`,
    }))
}

function unfit(machine: string, problems: readonly Problem[]): PhasegateError<'MACHINE_UNFIT'> {
  const lines = problems.map(({ place, problem, mend }) => `  ${place}: ${problem}; ${mend}`)
  const message = `machine "${machine}" says more than a chart can:\n${lines.join('\n')}`
  return new PhasegateError('MACHINE_UNFIT', message, { machine, problems })
}

function isMachine(machine: unknown): machine is AnyStateMachine {
  return isPlainObject(machine) && isPlainObject(machine.states) && isPlainObject(machine.root)
}
