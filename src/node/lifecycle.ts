import { type Chart, chart, type FlipType, type StandardSchemaV1 } from '../chart/index.ts'

export type LifecyclePhase = 'starting' | 'active' | 'draining' | 'stopped'

/** Why a service is drained: recorded with the flip. */
export interface DrainInput {
  readonly reason: string
}

/** The parts of a drain, each of which happens once and answers how many ms it took. */
export interface DrainWork {
  /** Requests in flight when it was triggered. */
  readonly inFlightAtFirst: number
  lameDuck(): Promise<number>
  stopAccepting(): Promise<number>
  linger(): Promise<number>
  inFlight(drained: () => Promise<void>): Promise<number>
}

/** What the steps work on. */
export interface LifecycleDeps {
  /** Resolves with the address when the server listens. */
  open(signal: AbortSignal): Promise<string>
  /** Closes the listener again. */
  close(): Promise<void>
  /** The drain in progress. A flip that was asked for by hand begins it. */
  shutdown(reason: string): DrainWork
}

type Took = { readonly [Step in 'lame duck' | 'stop accepting' | 'linger' | 'in flight']: number }

// A type, not an interface: only types are assignable to an index signature.
export type LifecycleFlips = {
  readonly start: FlipType<'starting', 'active', undefined, undefined, { readonly listen: string }>
  readonly drain: FlipType<'active', 'draining', DrainInput, DrainInput, { readonly 'say goodbye': number }>
  readonly stop: FlipType<'starting' | 'draining', 'stopped', DrainInput, DrainInput, Took>
}

export type Lifecycle = Chart<'service', LifecycleDeps, LifecyclePhase, LifecycleFlips>

/** More than a drain may take: its parts end at their own deadline. */
const SPARE_MS = 5_000

/**
 * The phases of a service. `stop` leads from `starting` too: a service that is told to end before it was ready ends the
 * same way, with nobody to wait for. Its steps return what they took, in ms.
 */
export function lifecycle(graceMs: number): Lifecycle {
  const timeout = graceMs + SPARE_MS
  return chart('service', { version: 1 })
    .deps<LifecycleDeps>()
    .phase('starting', { initial: true })
    .phase('active')
    .phase('draining')
    .phase('stopped', { final: true })
    .flip('start', (f) =>
      f
        .from('starting')
        .to('active')
        .step('listen', {
          run: ({ deps, signal }) => deps.open(signal),
          compensate: ({ deps }) => deps.close(),
          timeout: '1h',
        })
        .timeout('1h'),
    )
    .flip('drain', (f) =>
      f
        .from('active')
        .to('draining')
        .input(drainInput)
        .step('say goodbye', { run: ({ deps, input }) => deps.shutdown(input.reason).inFlightAtFirst }),
    )
    .flip('stop', (f) =>
      f
        .from('starting', 'draining')
        .to('stopped')
        .input(drainInput)
        .step('lame duck', { run: ({ deps, input }) => deps.shutdown(input.reason).lameDuck(), timeout })
        .step('stop accepting', { run: ({ deps, input }) => deps.shutdown(input.reason).stopAccepting(), timeout })
        .step('linger', { run: ({ deps, input }) => deps.shutdown(input.reason).linger(), timeout })
        .step('in flight', {
          run: ({ deps, input, drained }) =>
            deps.shutdown(input.reason).inFlight(async () => {
              await Promise.all(PHASES_WITH_PERMITS.map((phase) => drained(phase)))
            }),
          timeout,
        })
        .timeout(timeout),
    )
    .build()
}

const PHASES_WITH_PERMITS: readonly LifecyclePhase[] = ['starting', 'active', 'draining']

const drainInput: StandardSchemaV1<DrainInput> = {
  '~standard': {
    version: 1,
    vendor: 'phasegate',
    validate: (value) =>
      isDrainInput(value)
        ? { value: { reason: value.reason } }
        : { issues: [{ message: 'a reason, as text, is needed', path: ['reason'] }] },
  },
}

function isDrainInput(value: unknown): value is DrainInput {
  return typeof value === 'object' && value !== null && 'reason' in value && typeof value.reason === 'string'
}
