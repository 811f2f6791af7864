import type { Arbitrary } from 'fast-check'
import { callable, known, positiveInteger, refuse } from '../../base/index.ts'
import type { AnyChart, DepsOf, FlipsOf, PhasesOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import type { Actor } from '../../ports/index.ts'
import type { Invariants } from '../crash/index.ts'
import {
  allRoles,
  type Outside,
  parseSimulateOptions,
  SIMULATE_NAMES,
  type SimulateBase,
  type SimulateSettings,
} from '../simulate/index.ts'

/** The world as an event finds it. */
export interface Passing<Deps = unknown, Phases extends string = string> {
  readonly deps: Deps
  readonly phase: Phases
}

/** What happens outside by itself, by the words that tell it: `'a replica lags': ({ deps }) => …`. */
export type WorldEvents<Deps = unknown, Phases extends string = string> = {
  readonly [words: string]: (world: Passing<Deps, Phases>) => unknown
}

type FlipWithInput<C extends TypedChart> = {
  [Flip in keyof FlipsOf<C>]: [FlipsOf<C>[Flip]['input']] extends [undefined] ? never : Flip
}[keyof FlipsOf<C>]

/** Flips that take an input need an arbitrary of it: a schema cannot draw. */
type Inputs<C extends TypedChart> = { readonly [Flip in FlipWithInput<C>]: Arbitrary<FlipsOf<C>[Flip]['input']> }

interface FlipsBase<C extends TypedChart, Fakes extends DepsOf<C>>
  extends Omit<SimulateBase, 'actor' | 'subject' | 'seed' | 'journal' | 'lock' | 'secrets'> {
  /** Checked after every command when no flip is in progress. @default none but the kit's own */
  readonly invariants?: Invariants<Fakes, PhasesOf<C>> | undefined
  /** Drawn like any command. @default none */
  readonly events?: WorldEvents<Fakes, PhasesOf<C>> | undefined
  /** Who asks is drawn from these; `undefined` is nobody. @default one who has all the roles that the chart knows */
  readonly actors?: readonly (Actor | undefined)[] | undefined
  /** How many commands there are at most. @default 12 */
  readonly commands?: number | undefined
}

/** `deps` makes the fakes anew for each run, `inputs` draws; each is required where the chart asks for it. */
export type FlipsOptions<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> = FlipsBase<C, Fakes> &
  (unknown extends DepsOf<C> ? { readonly deps?: undefined } : { readonly deps: (outside: Outside) => Fakes }) &
  ([FlipWithInput<C>] extends [never] ? { readonly inputs?: undefined } : { readonly inputs: Inputs<C> })

/** The options, which may be left out where none is required. */
export type FlipsArguments<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> =
  unknown extends DepsOf<C>
    ? [FlipWithInput<C>] extends [never]
      ? [options?: FlipsOptions<C, Fakes>]
      : [options: FlipsOptions<C, Fakes>]
    : [options: FlipsOptions<C, Fakes>]

/** Options with every default filled in. */
export interface FlipsSettings {
  readonly chart: AnyChart
  readonly invariants: Invariants
  readonly events: WorldEvents
  readonly inputs: Readonly<Record<string, Arbitrary<unknown>>>
  readonly actors: readonly (Actor | undefined)[]
  readonly commands: number
  readonly simulate: SimulateSettings
}

const OWN = ['invariants', 'events', 'inputs', 'actors', 'commands']
const SIMULATED = SIMULATE_NAMES.filter(
  (option) => !['actor', 'subject', 'seed', 'journal', 'lock', 'secrets'].includes(option),
)

export function parseFlipsOptions(chart: AnyChart, options: unknown): FlipsSettings {
  if (!(chart?.flips instanceof Map)) refuse('chart', chart, 'what chart(…)….build() returns')
  const given = known(options, 'flips options', [...OWN, ...SIMULATED])
  // What one run has left behind, the next one would find: it could neither be repeated nor made shorter.
  if (given.deps !== undefined) callable(given.deps, 'deps')
  return {
    chart,
    invariants: parseFunctions<Invariants[string]>(given.invariants, 'invariants'),
    events: parseFunctions<WorldEvents[string]>(given.events, 'events'),
    inputs: parseInputs(chart, given.inputs),
    actors: parseActors(chart, given.actors),
    commands: given.commands === undefined ? 12 : positiveInteger(given.commands, 'commands'),
    simulate: parseSimulateOptions(Object.fromEntries(SIMULATED.map((option) => [option, given[option]]))),
  }
}

function parseFunctions<Run>(value: unknown, option: string): Readonly<Record<string, Run>> {
  const given = known(value, option, Object.keys(value ?? {}))
  return Object.fromEntries(Object.entries(given).map(([name, run]) => [name, callable(run, `${option}["${name}"]`)]))
}

function parseInputs({ flips }: AnyChart, value: unknown): FlipsSettings['inputs'] {
  const taking = [...flips.values()].filter(({ input }) => input !== undefined).map(({ name }) => name)
  const given = known(value, 'inputs', taking)
  for (const flip of taking) {
    const isArbitrary = typeof (given[flip] as Partial<Arbitrary<unknown>> | undefined)?.generate === 'function'
    if (!isArbitrary) refuse(`inputs.${flip}`, given[flip], 'an arbitrary of fast-check: the flip takes an input')
  }
  return given as FlipsSettings['inputs']
}

function parseActors(chart: AnyChart, value: unknown): FlipsSettings['actors'] {
  if (value !== undefined)
    return Array.isArray(value) && value.length > 0 ? value : refuse('actors', value, 'a list of actors')
  return [allRoles(chart, 'all roles')]
}
