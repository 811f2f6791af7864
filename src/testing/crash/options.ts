import { callable, flag, known, refuse, textOf } from '../../base/index.ts'
import type { AnyChart, DepsOf, FlipSpec, FlipsOf, PhasesOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import type { Actor, JournalRecord } from '../../ports/index.ts'
import {
  type GivenJournal,
  type Ledger,
  type Outside,
  parseSimulateOptions,
  SIMULATE_NAMES,
  type SimulateBase,
  type SimulateSettings,
  type Simulation,
} from '../simulate/index.ts'

/** How a flip is asked for. */
export interface FlipRequest {
  readonly input?: unknown
  /** @default one who has all the roles that the flip allows */
  readonly actor?: Actor | undefined
}

/** The world when everything has come to rest. */
export interface Rested<Deps = unknown, Phases extends string = string> {
  readonly deps: Deps
  readonly phase: Phases
  readonly ledger: Ledger
  readonly history: readonly JournalRecord[]
}

/** What must hold whenever everything has come to rest, by the sentence that says so. */
export type Invariants<Deps = unknown, Phases extends string = string> = {
  readonly [sentence: string]: (world: Rested<Deps, Phases>) => boolean | Promise<boolean>
}

interface CrashBase<C extends TypedChart, Fakes extends DepsOf<C>>
  extends Omit<SimulateBase, 'actor' | 'subject' | 'journal'> {
  /** Checked after every run. @default none but the kit's own */
  readonly invariants?: Invariants<Fakes, PhasesOf<C>> | undefined
  /**
   * What of the outside counts: after a crash it must be as it was before the flip, or as an undisturbed flip leaves it.
   * Compared by value; a promise is awaited. @default nothing
   */
  readonly observe?: ((deps: Fakes, subject: string) => unknown) | undefined
  /** How flips are asked for: this one, and those that lead to where it begins. @default without input, by one who may */
  readonly requests?: { readonly [Flip in keyof FlipsOf<C>]?: FlipRequest } | undefined
  /** The phase in which the flip begins. @default the first of those it can begin in */
  readonly from?: PhasesOf<C> | undefined
  /** Brings the subject to where the flip begins. @default the shortest way of flips from the initial phase */
  readonly prepare?: ((sim: Simulation<C, Fakes>) => unknown) | undefined
  /** Also the way back: again with each step failing after its effect, and with each confirm never true. @default true */
  readonly failures?: boolean | undefined
  /**
   * Also owners that wake up when another has taken over. They find what cannot tell a late owner; where nothing can be
   * done about that, leave them out. @default true
   */
  readonly zombies?: boolean | undefined
  /**
   * How a journal is opened for each run, which is closed after it; or one for all runs, which then each have a subject of
   * their own name. @default a journal in memory for each run
   */
  readonly journal?: GivenJournal | undefined
  /** One run alone, as a failed proof names it. @default all of them */
  readonly only?: string | undefined
}

/** `deps` makes the fakes anew for each run; it is required when the chart declares dependencies. */
export type CrashOptions<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> = CrashBase<C, Fakes> &
  (unknown extends DepsOf<C> ? { readonly deps?: undefined } : { readonly deps: (outside: Outside) => Fakes })

/** The options of a proof, which may be left out where none is required. */
export type CrashArguments<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> =
  unknown extends DepsOf<C> ? [options?: CrashOptions<C, Fakes>] : [options: CrashOptions<C, Fakes>]

/** Options with every default filled in. */
export interface CrashSettings {
  readonly chart: AnyChart
  readonly flip: FlipSpec
  readonly from: string
  readonly invariants: Invariants
  readonly observe: (deps: unknown, subject: string) => unknown
  readonly requests: Readonly<Record<string, FlipRequest>>
  readonly prepare: ((sim: Simulation) => unknown) | undefined
  readonly failures: boolean
  readonly zombies: boolean
  readonly only: string | undefined
  readonly simulate: SimulateSettings
}

const OWN = ['invariants', 'observe', 'requests', 'from', 'prepare', 'failures', 'zombies', 'only']

export function parseCrashOptions(chart: AnyChart, name: unknown, options: unknown): CrashSettings {
  if (!(chart?.flips instanceof Map)) refuse('chart', chart, 'what chart(…)….build() returns')
  const flip = typeof name === 'string' ? chart.flips.get(name) : undefined
  if (flip === undefined) return refuse('flip', name, `a flip of the chart: ${[...chart.flips.keys()].join(', ')}`)
  const simulated = SIMULATE_NAMES.filter((option) => !['actor', 'subject'].includes(option))
  const given = known(options, 'crashEverywhere options', [...OWN, ...simulated])
  if (given.deps !== undefined) callable(given.deps, 'deps')
  const handedOn = Object.fromEntries(simulated.map((option) => [option, given[option]]))
  return {
    chart,
    flip,
    from: parseFrom(given.from, flip),
    invariants: parseInvariants(given.invariants),
    observe: given.observe === undefined ? () => undefined : callable(given.observe, 'observe'),
    requests: known(given.requests, 'requests', [...chart.flips.keys()]) as CrashSettings['requests'],
    prepare: given.prepare === undefined ? undefined : callable(given.prepare, 'prepare'),
    failures: given.failures === undefined || flag(given.failures, 'failures'),
    zombies: given.zombies === undefined || flag(given.zombies, 'zombies'),
    only: given.only === undefined ? undefined : textOf(given.only),
    simulate: parseSimulateOptions(handedOn),
  }
}

function parseFrom(value: unknown, { from }: FlipSpec): string {
  if (value === undefined) return from[0] ?? ''
  return from.includes(value as string) ? (value as string) : refuse('from', value, `one of ${from.join(', ')}`)
}

function parseInvariants(value: unknown): Invariants {
  const given = known(value, 'invariants', Object.keys(value ?? {}))
  for (const [sentence, holds] of Object.entries(given)) callable(holds, `invariants["${sentence}"]`)
  return given as Invariants
}
