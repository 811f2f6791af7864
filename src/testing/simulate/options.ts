import { type Duration, isPlainObject, known, limit, port, refuse } from '../../base/index.ts'
import type { DepsOf } from '../../chart/index.ts'
import type { TypedChart } from '../../gate/index.ts'
import type { Actor, Clock, Journal, Lock, Secrets } from '../../ports/index.ts'
import type { Ledger } from './ledger.ts'

/** What fakes can be made of. */
export interface Outside {
  /** The time of the simulation. A step that finds it in its dependencies sees it as its process does. */
  readonly clock: Clock
  /** Chance, the same for the same seed. */
  readonly random: () => number
  /** An outside system that checks tokens. */
  readonly ledger: Ledger
}

/** A journal, or one together with the time in which its leases run out: a harness of the contract suites is one. */
export type SimulatedJournal =
  | Journal
  | { readonly journal: Journal; readonly clock: { advance(ms: number): Promise<void> } }

/** A journal, or how one is opened that lives by the simulation's clock. */
export type GivenJournal = SimulatedJournal | ((clock: Clock) => SimulatedJournal)

// biome-ignore lint/suspicious/noExplicitAny: what stands in for a function is called with what that is called with
type StandIn = (context: any) => unknown

export interface SimulateBase {
  /** The subject that is flipped. @default 'sim' */
  readonly subject?: string | undefined
  /** Who asks where a call names nobody. @default nobody */
  readonly actor?: Actor | undefined
  /** Of chance: the same seed, the same run. @default 1 */
  readonly seed?: number | undefined
  /** Instead of the declared steps, by name: `cordon`, or `drain.cordon` where several flips have one. @default none */
  readonly steps?: { readonly [name: string]: StandIn } | undefined
  /** Instead of the declared guards and policies: `true` is a yes, a text is a no and its reason. @default none */
  readonly guards?: { readonly [name: string]: true | string | StandIn } | undefined
  /** Instead of the declared confirms. @default none */
  readonly confirms?: { readonly [name: string]: true | StandIn } | undefined
  /** Instead of the declared undos, by the name of their step. @default none */
  readonly undos?: { readonly [name: string]: StandIn } | undefined
  /** Where records are kept, or how that is opened on the simulation's clock. @default a journal in memory */
  readonly journal?: GivenJournal | undefined
  /** @default a lock in memory, on the simulation's clock */
  readonly lock?: Lock | undefined
  /** @default none */
  readonly secrets?: Secrets | undefined
  /** For how long a process owns a flip without renewing. @default '15s' */
  readonly leaseTtl?: Duration | undefined
}

/** `deps`, the fakes or how they are made, is required when the chart declares dependencies. */
export type SimulateOptions<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> = SimulateBase &
  (unknown extends DepsOf<C> ? { readonly deps?: undefined } : { readonly deps: Fakes | ((outside: Outside) => Fakes) })

/** The options of a simulation, which may be left out where none is required. */
export type SimulateArguments<C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>> =
  unknown extends DepsOf<C> ? [options?: SimulateOptions<C, Fakes>] : [options: SimulateOptions<C, Fakes>]

/** Options of a simulation with every default filled in. */
export interface SimulateSettings {
  readonly deps: unknown
  readonly subject: string
  readonly actor: Actor | undefined
  readonly seed: number
  readonly steps: Readonly<Record<string, unknown>>
  readonly guards: Readonly<Record<string, unknown>>
  readonly confirms: Readonly<Record<string, unknown>>
  readonly undos: Readonly<Record<string, unknown>>
  readonly journal: GivenJournal | undefined
  readonly lock: Lock | undefined
  readonly secrets: Secrets | undefined
  readonly leaseTtlMs: number
}

export const SIMULATE_NAMES: readonly string[] = [
  'deps',
  'subject',
  'actor',
  'seed',
  'steps',
  'guards',
  'confirms',
  'undos',
  'journal',
  'lock',
  'secrets',
  'leaseTtl',
]

/** What createGate and the calls will check themselves is handed on as it is. */
export function parseSimulateOptions(options: unknown): SimulateSettings {
  const given = known(options, 'simulate options', SIMULATE_NAMES)
  return {
    deps: given.deps,
    subject: (given.subject as string | undefined) ?? 'sim',
    actor: given.actor as Actor | undefined,
    seed: parseSeed(given.seed),
    steps: known(given.steps, 'steps', Object.keys(given.steps ?? {})),
    guards: known(given.guards, 'guards', Object.keys(given.guards ?? {})),
    confirms: known(given.confirms, 'confirms', Object.keys(given.confirms ?? {})),
    undos: known(given.undos, 'undos', Object.keys(given.undos ?? {})),
    journal: given.journal === undefined ? undefined : parseJournal(given.journal),
    lock: port<Lock>(given.lock, 'lock', ['acquire']),
    secrets: given.secrets as Secrets | undefined,
    leaseTtlMs: limit(given.leaseTtl, 'leaseTtl', '15s'),
  }
}

export function parseSeed(value: unknown): number {
  if (value === undefined) return 1
  return Number.isSafeInteger(value) ? (value as number) : refuse('seed', value, 'a whole number')
}

function parseJournal(value: unknown): GivenJournal {
  if (typeof value === 'function') return value as GivenJournal
  if (isPlainObject(value) && 'journal' in value && 'clock' in value) return value as unknown as SimulatedJournal
  return port<Journal>(value, 'journal', ['read', 'append', 'renew']) as SimulatedJournal
}
