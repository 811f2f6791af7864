import { type Chart, chart, type FlipType, type StandardSchemaV1 } from '../chart/index.ts'
import type { DependencySpec, Released } from './dependencies/index.ts'
import type { ModeSpec } from './modes.ts'
import type * as open from './open-chart.ts'

/** The phases of a service, and those modes that it declares. */
export type LifecyclePhase<Mode extends string = never> = 'starting' | 'active' | 'draining' | 'stopped' | Mode

/** Why a service changes its phase: recorded with the flip. */
export interface Reason {
  readonly reason: string
}

/** Resolves when all permits are back, with true; or, with false, when the deadline has passed. */
export type PermitsBack = (deadline: AbortSignal) => Promise<boolean>

/** The parts of a drain, each of which happens once and answers how many ms it took. */
export interface DrainWork {
  /** Requests in flight when it was triggered. */
  readonly inFlightAtFirst: number
  lameDuck(): Promise<number>
  stopAccepting(): Promise<number>
  linger(): Promise<number>
  inFlight(permitsBack: PermitsBack): Promise<number>
  release(): Promise<Released>
}

/** What the flips of a service do. */
export interface LifecycleWork {
  /** Makes a dependency usable. */
  start(dependency: string, signal: AbortSignal): Promise<void>
  /** Lets go of one that was started, or was about to be. */
  unstart(dependency: string): Promise<unknown>
  /** Resolves with the addresses when the servers listen. */
  open(signal: AbortSignal): Promise<string>
  /** Closes the listeners again. */
  close(): Promise<void>
  /** Lets in only what `mode` admits, undefined for everything; resolves when nothing else is in flight. */
  admitOnly(mode: string | undefined, signal: AbortSignal): Promise<number>
  /** The drain in progress. A flip that was asked for by hand begins it. */
  shutdown(reason: string): DrainWork
  /** Throws unless the drain was called off. */
  calledOff(): void
}

/** What the steps work on: only the process that has the subject can do its work. */
export interface LifecycleDeps {
  /** @throws for any subject but its own */
  of(subject: string): LifecycleWork
}

type Took = { readonly [Step in 'lame duck' | 'stop accepting' | 'linger' | 'in flight']: number } & {
  readonly release: Released
}

type ModeFlips<Mode extends string> = {
  readonly [M in Mode as `enter ${M}`]: FlipType<'active' | Exclude<Mode, M>, M, Reason, Reason, unknown>
} & {
  readonly [Name in [Mode] extends [never] ? never : 'resume']: FlipType<Mode, 'active', Reason, Reason, unknown>
}

// A type, not an interface: only types are assignable to an index signature.
export type LifecycleFlips<Mode extends string = never> = {
  readonly start: FlipType<'starting', 'active', undefined, undefined, { readonly listen: string }>
  readonly drain: FlipType<'active' | Mode, 'draining', Reason, Reason, { readonly 'say goodbye': number }>
  readonly undrain: FlipType<'draining', 'active', Reason, Reason, unknown>
  readonly stop: FlipType<'starting' | 'draining', 'stopped', Reason, Reason, Took>
} & ModeFlips<Mode>

export type Lifecycle<Mode extends string = never> = Chart<
  'service',
  LifecycleDeps,
  LifecyclePhase<Mode>,
  LifecycleFlips<Mode>
>

/** What the chart of a service depends on. */
export interface LifecycleShape {
  readonly graceMs: number
  readonly dependencies: readonly DependencySpec[]
  readonly modes: readonly ModeSpec[]
  /** Whether a drain cancels the flip in progress, instead of waiting for it. */
  readonly preempts: boolean
}

/** More than a drain may take: its parts end at their own deadline. */
const SPARE_MS = 5_000
/** Longer than any start: its parts end at their own. */
const START_TIMEOUT = '1h'

/**
 * The phases of a service. `stop` leads from `starting` too: a service that is told to end before it was ready ends the
 * same way, with nobody to wait for. Its steps return what they took, in ms. Once the listeners close there is no way
 * back: `undrain` turns `stop` back before that.
 */
export function lifecycle({ graceMs, dependencies, modes, preempts }: LifecycleShape): Lifecycle {
  const timeout = graceMs + SPARE_MS
  const serving = ['active', ...modes.map(({ name }) => name)]
  const begun = chart('service', { version: 2 }).deps<LifecycleDeps>() as object as OpenChart
  const phases = serving.reduce((all, phase) => all.phase(phase), begun.phase('starting', { initial: true }))
  const fixed = phases
    .phase('draining')
    .phase('stopped', { final: true })
    .flip('start', (f) => starts(f.from('starting').to('active'), dependencies))
    .flip('drain', (f) => {
      const drain = f
        .from(...serving)
        .to('draining')
        .input(reasonInput)
      return (preempts ? drain.preempt() : drain).step('say goodbye', { run: (its) => shutdown(its).inFlightAtFirst })
    })
    .flip('undrain', (f) =>
      f
        .from('draining')
        .to('active')
        .input(reasonInput)
        .step('serve again', { run: (its) => work(its).calledOff() }),
    )
    .flip('stop', (f) => stops(f.from('starting', 'draining').to('stopped'), phasesWithPermits(modes), timeout))
  return withModes(fixed, modes).build() as unknown as Lifecycle
}

type OpenChart = open.OpenChart<LifecycleDeps, Reason>
type OpenFlip = open.OpenFlip<LifecycleDeps, Reason>
type OpenStep = open.OpenStep<LifecycleDeps, Reason>
type OpenContext = open.OpenContext<LifecycleDeps, Reason>

/** The phases in which requests may hold permits: all but the last. */
export function phasesWithPermits(modes: readonly ModeSpec[]): readonly LifecyclePhase[] {
  return ['starting', 'active', ...modes.map(({ name }) => name as LifecyclePhase), 'draining']
}

function stops(flip: OpenFlip, withPermits: readonly string[], timeout: number): OpenFlip {
  return flip
    .input(reasonInput)
    .step('lame duck', { run: (its) => shutdown(its).lameDuck(), timeout })
    .step('stop accepting', { run: (its) => shutdown(its).stopAccepting(), timeout, irreversible: true })
    .step('linger', { run: (its) => shutdown(its).linger(), timeout })
    .step('in flight', {
      run: (its) =>
        shutdown(its).inFlight(async () => {
          await Promise.all(withPermits.map((phase) => its.drained(phase)))
          return true
        }),
      timeout,
    })
    .step('release', { run: (its) => shutdown(its).release(), timeout })
    .timeout(timeout)
}

function starts(flip: OpenFlip, dependencies: readonly DependencySpec[]): OpenFlip {
  return dependencies
    .reduce(
      (start, { name, startTimeoutMs }) =>
        start.step(`start ${name}`, {
          run: (its) => work(its).start(name, its.signal),
          compensate: (its) => work(its).unstart(name),
          timeout: startTimeoutMs + SPARE_MS,
          retry: { attempts: 1 },
        }),
      flip,
    )
    .step('listen', {
      run: (its) => work(its).open(its.signal),
      compensate: (its) => work(its).close(),
      timeout: START_TIMEOUT,
    })
    .timeout(START_TIMEOUT)
}

/** Each mode can be entered from everywhere but itself, and left for `active`. */
function withModes(chart: OpenChart, modes: readonly ModeSpec[]): OpenChart {
  if (modes.length === 0) return chart
  const names = modes.map(({ name }) => name)
  const admits = (mode: string | undefined, timeoutMs: number): OpenStep => ({
    run: (its) => work(its).admitOnly(mode, its.signal),
    compensate: (its) =>
      work(its).admitOnly(
        names.find((name) => name === its.from),
        its.signal,
      ),
    timeout: timeoutMs,
    retry: { attempts: 1 },
  })
  return modes.reduce(
    (all, { name, withinMs }) =>
      all.flip(`enter ${name}`, (f) =>
        f
          .from('active', ...names.filter((other) => other !== name))
          .to(name)
          .input(reasonInput)
          .step('turn away', admits(name, withinMs)),
      ),
    chart.flip('resume', (f) =>
      f
        .from(...names)
        .to('active')
        .input(reasonInput)
        .step('let in', admits(undefined, SPARE_MS)),
    ),
  )
}

function work({ deps, subject }: OpenContext): LifecycleWork {
  return deps.of(subject)
}

function shutdown(context: OpenContext): DrainWork {
  return work(context).shutdown(context.input.reason)
}

const reasonInput: StandardSchemaV1<Reason> = {
  '~standard': {
    version: 1,
    vendor: 'phasegate',
    validate: (value) =>
      isReason(value)
        ? { value: { reason: value.reason } }
        : { issues: [{ message: 'a reason, as text, is needed', path: ['reason'] }] },
  },
}

function isReason(value: unknown): value is Reason {
  return typeof value === 'object' && value !== null && 'reason' in value && typeof value.reason === 'string'
}
