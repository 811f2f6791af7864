import { type Clock, messageOf } from '../../base/index.ts'
import { bounded, type Pending, pendingCalled } from '../traffic/index.ts'
import type { DependencySpec } from './dependency.ts'
import { dependants } from './order.ts'

/** What a dependency could not do. */
export interface Failure {
  readonly dependency: string
  readonly during: 'pause' | 'resume' | 'drain' | 'stop'
  readonly error: unknown
}

type State =
  | { readonly type: 'idle' }
  | { readonly type: 'in use' }
  | { readonly type: 'draining' | 'stopping'; readonly sinceMs: number }
  | { readonly type: 'stopped' }

/** What a release came to, by name: ms, or why not. */
export type Released = { readonly [dependency: string]: number | string }

/** The dependencies of a service, and how each of them is doing. None of them ever keeps the others from stopping. */
export class Dependencies {
  readonly failures: Failure[] = []
  readonly #specs: readonly DependencySpec[]
  readonly #clock: Clock
  readonly #states = new Map<string, State>()
  readonly #stops = new Map<string, Promise<number | string>>()

  constructor(specs: readonly DependencySpec[], clock: Clock) {
    this.#specs = specs
    this.#clock = clock
    for (const { name, start } of specs) this.#states.set(name, { type: start === undefined ? 'in use' : 'idle' })
  }

  /** Makes one usable. @throws whatever it throws; halfway started counts as started */
  async start(name: string, signal: AbortSignal): Promise<void> {
    const spec = this.#specs.find((one) => one.name === name)
    if (spec?.start === undefined) return
    signal.throwIfAborted()
    this.#states.set(name, { type: 'in use' })
    await bounded(this.#clock, spec.startTimeoutMs, { signal }, spec.start)
  }

  /** Tells all that fetch work, in this very tick, to stop. */
  pause(signal: AbortSignal): void {
    for (const spec of this.#inUse()) if (spec.pause !== undefined) void this.#tell(spec, 'pause', signal)
  }

  /** Those that were told to pause and cannot take it back. */
  get withoutResume(): readonly string[] {
    return this.#specs
      .filter(({ pause, resume }) => pause !== undefined && resume === undefined)
      .map(({ name }) => name)
  }

  async resume(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#inUse().map((spec) => this.#tell(spec, 'resume', signal)))
  }

  /** Resolves when what they had fetched is done, or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#inUse().map(async (spec) => {
        if (spec.drain === undefined) return
        this.#states.set(spec.name, { type: 'draining', sinceMs: this.#clock.monotonic() })
        await this.#tell(spec, 'drain', signal)
        this.#states.set(spec.name, { type: 'in use' })
      }),
    )
  }

  /** Stops one, and only once, whoever asks. Never throws. */
  stop(name: string): Promise<number | string> {
    const known = this.#stops.get(name)
    if (known !== undefined) return known
    const spec = this.#specs.find((one) => one.name === name)
    if (spec === undefined || this.#states.get(name)?.type === 'idle') return Promise.resolve(0)
    const stop = this.#stop(spec)
    this.#stops.set(name, stop)
    return stop
  }

  /** Stops all of them: each after those that need it, independent ones side by side. */
  async release(): Promise<Released> {
    const stopping = new Map<string, Promise<number | string>>()
    const stopped = (spec: DependencySpec): Promise<number | string> => {
      const known = stopping.get(spec.name)
      if (known !== undefined) return known
      const stop = Promise.all(dependants(this.#specs, spec.name).map(stopped)).then(() => this.stop(spec.name))
      stopping.set(spec.name, stop)
      return stop
    }
    const begun = this.#specs.filter(({ name }) => this.#states.get(name)?.type !== 'idle').toReversed()
    return Object.fromEntries(await Promise.all(begun.map(async (spec) => [spec.name, await stopped(spec)] as const)))
  }

  /** Those that are waited for. */
  pending(): readonly Pending[] {
    const nowMs = this.#clock.monotonic()
    return [...this.#states].flatMap(([name, state]) => {
      if (state.type === 'draining') return [pendingCalled('consumer', name, nowMs - state.sinceMs)]
      return state.type === 'stopping' ? [pendingCalled('dependency', name, nowMs - state.sinceMs)] : []
    })
  }

  async #stop(spec: DependencySpec): Promise<number | string> {
    const sinceMs = this.#clock.monotonic()
    this.#states.set(spec.name, { type: 'stopping', sinceMs })
    const error = await this.#tell(spec, 'stop', undefined)
    this.#states.set(spec.name, { type: 'stopped' })
    return error === undefined ? Math.round(this.#clock.monotonic() - sinceMs) : messageOf(error)
  }

  #inUse(): readonly DependencySpec[] {
    return this.#specs.filter(({ name }) => this.#states.get(name)?.type === 'in use')
  }

  /** Answers what went wrong. */
  async #tell(spec: DependencySpec, during: Failure['during'], signal: AbortSignal | undefined): Promise<unknown> {
    const work = spec[during]
    if (work === undefined) return undefined
    const limitMs = during === 'drain' ? undefined : spec.stopTimeoutMs
    try {
      await bounded(this.#clock, limitMs, { signal }, work)
      return undefined
    } catch (error) {
      this.failures.push({ dependency: spec.name, during, error })
      return error
    }
  }
}
