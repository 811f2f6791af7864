import type { Duration } from '../../base/index.ts'

/** What the functions of a dependency get. */
export interface DependencyContext {
  /** Aborts when it has taken too long, or need not go on. */
  readonly signal: AbortSignal
}

type Work = (context: DependencyContext) => unknown

/**
 * Something that the service needs before it is active, and lets go of after its last request: a pool, a cache, a
 * consumer. Every function may return a promise, which is awaited.
 */
export interface Dependency {
  /** Makes it usable. @default nothing: it is there already */
  readonly start?: Work | undefined
  /** At the trigger of a drain, in the same tick: take no further work. @default nothing */
  readonly pause?: Work | undefined
  /** Takes work again, when the drain is called off. @default nothing; one that has `pause` then cannot be called off */
  readonly resume?: Work | undefined
  /** Resolves when the work it had taken is done; awaited beside the requests in flight. @default nothing */
  readonly drain?: Work | undefined
  /** Lets go of it, after the last request. Also called when `start` has failed halfway. @default nothing */
  readonly stop?: Work | undefined
  /** Names of those that are started before it and stopped after it. @default none */
  readonly after?: readonly string[] | undefined
  /** @default '30s' */
  readonly startTimeout?: Duration | undefined
  /** Part of `grace`. @default '5s' */
  readonly stopTimeout?: Duration | undefined
}

/** Something that fetches work by itself: a queue's worker, a subscription. */
export interface Consumer extends Dependency {
  readonly pause: Work
  readonly drain: Work
}

/**
 * A dependency that must stop fetching at the trigger: its `pause` is called in the same tick, and its `drain` is waited
 * for like a request.
 *
 * @example
 * service({ server, dependencies: { emails: consumer({ pause: () => worker.pause(true), drain: () => worker.close() }) } })
 */
export function consumer(consumer: Consumer): Consumer {
  return consumer
}

/** A dependency, parsed. */
export interface DependencySpec {
  readonly name: string
  readonly after: readonly string[]
  readonly start: Work | undefined
  readonly pause: Work | undefined
  readonly resume: Work | undefined
  readonly drain: Work | undefined
  readonly stop: Work | undefined
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
}
