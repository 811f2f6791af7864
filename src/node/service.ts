import type { Stop } from '../base/index.ts'
import type { Gate, Subject } from '../gate/index.ts'
import type { RawRequest, RawResponse, Refusal } from './frameworks/index.ts'
import type { Health } from './health/index.ts'
import type { Lifecycle, LifecycleFlips, LifecyclePhase } from './lifecycle.ts'
import type { ServiceOptions } from './options.ts'
import { RunningService } from './running-service.ts'
import { parseOptions } from './settings.ts'
import type { Summary } from './summary.ts'
import type { Returnable } from './traffic/index.ts'
import type { Waiting } from './waiting.ts'

/** The phases in which requests are served. */
export type Serving<Mode extends string = never> = 'active' | Mode

/** A server whose lifecycle is a subject of a gate. */
export interface Service<Mode extends string = never> {
  /** Its events tell every flip: `gate.on('flip.committed', …)`. The service closes it when it has stopped. */
  readonly gate: Gate<Lifecycle<Mode>>
  readonly subject: Subject<LifecyclePhase<Mode>, LifecycleFlips<Mode>>
  /** Resolves when the service is active; rejects when it could not start, or was drained before. It need not be handled. */
  readonly ready: Promise<void>
  /** Resolves when everything has ended, just before the process may. */
  readonly stopped: Promise<Summary>
  /** Begins the drain in this very tick; a second call joins the first. Resolves as `stopped` does. */
  drain(reason: string): Promise<Summary>
  /**
   * Calls the drain off, as long as the listeners are open; resolves when the service is active again.
   * @throws FLIP_ILLEGAL when it is too late, or nothing is being drained
   */
  undrain(reason: string): Promise<void>
  /** What the probes answer. */
  health(): Health
  /**
   * Leave for work that is no request: a drain waits for it, by this name, until `done()`.
   * @throws NOT_IN_PHASE once the service gives out no more
   */
  hold(name: string): Returnable
  /**
   * Whether it serves this request in the phase that it is in, which is to be one of `phases`; otherwise the request has been
   * answered with 503, and is not for its handler any more. A mode outside of `phases` is not entered before the response is
   * over. A drain goes on serving as the phase before it did. Frameworks that wrap what Node made have it as `request.raw`,
   * `context.req` and the like.
   *
   * @throws OPTION_INVALID when it says no, and one of `phases` is no mode of this service
   */
  admits(request: RawRequest, response: RawResponse, phases: readonly [Serving<Mode>, ...Serving<Mode>[]]): boolean
  /** As `admits`, but answers nothing: for frameworks with answers of their own. `undefined`: the request may be served. */
  refusal(request: RawRequest, phases: readonly [Serving<Mode>, ...Serving<Mode>[]]): Refusal | undefined
  /** Told once a second, while it drains, what it waits for. A listener that throws harms nothing. */
  on(event: 'waiting', listener: (waiting: Waiting) => void): Stop
}

/**
 * Runs servers through `starting → active → draining → stopped`, so that no request is lost at their end: on a signal, or
 * on `drain()`, the service turns unready, serves until the balancers have let go, closes the listeners, waits for what is
 * in flight, lets go of what it depends on, and lets the process end with code 0.
 *
 * @throws OPTION_INVALID, naming the option
 * @example
 * const server = createServer(handler)
 * service({ server, listen: { port: 8080 } })
 */
export function service<const Mode extends string = never>(options: ServiceOptions<Mode>): Service<Mode> {
  return new RunningService(parseOptions(options as ServiceOptions<string>)) as unknown as Service<Mode>
}
