import type { ListenOptions } from 'node:net'
import type { Clock, Duration } from '../base/index.ts'
import type { Journal } from '../ports/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Dependency } from './dependencies/index.ts'
import type { App } from './frameworks/index.ts'
import type { HealthOptions } from './health/index.ts'
import type { ModeOptions } from './modes.ts'
import type { CrashPolicy, EndSignal } from './platform/index.ts'
import type { AnyServer, WebSocketOptions, WebSocketServerLike } from './traffic/index.ts'

/** How long traffic is still taken after the trigger. */
export interface LameDuckOptions {
  /** At least this long. @default '500ms' */
  readonly min?: Duration | undefined
  /** Until no request has come for this long; probes do not count. @default '1s' */
  readonly quiet?: Duration | undefined
  /** At most this long. @default '10s' */
  readonly max?: Duration | undefined
}

/** One of several servers of a service. */
export interface ServerOptions {
  readonly server: AnyServer | App
  /** Where to listen; part of the start. @default its owner calls `server.listen`; the service is active from then on */
  readonly listen?: ListenOptions | undefined
}

export interface ServiceOptions<Mode extends string = never> {
  /** The server to run: of `node:http`, `node:https` or `node:http2`, or an app around one. Its handlers stay its owner's. */
  readonly server?: AnyServer | App | undefined
  /** Where to listen; part of the start. @default its owner calls `server.listen`; the service is active from then on */
  readonly listen?: ListenOptions | undefined
  /** Several servers, by name, in place of `server` and `listen`: they open together and close together. */
  readonly servers?: { readonly [name: string]: ServerOptions } | undefined
  /** What it needs: started in order before it listens, undone when one fails, let go of in reverse. @default none */
  readonly dependencies?: { readonly [name: string]: Dependency } | undefined
  /** Further phases in which it serves, but not everything: `enter <name>` leads there, `resume` back. @default none */
  readonly modes?: { readonly [M in Mode]: ModeOptions } | undefined
  /** WebSocket servers on them: each client is told to go elsewhere once the listeners have closed. @default none */
  readonly webSockets?: readonly (WebSocketServerLike | WebSocketOptions)[] | undefined
  /** What operators read. @default 'service' */
  readonly name?: string | undefined
  /** The subject that has the phase, one for each process start. @default the name, the pid and something random */
  readonly subject?: string | undefined
  /** Where the flips of its lifecycle are recorded. @default in memory */
  readonly journal?: Journal | undefined
  /** Watches every flip, and each part of a drain: `openTelemetry()` of phasegate/otel, say. @default nobody */
  readonly telemetry?: Telemetry | undefined
  /** What triggers the drain. `[]` for none. @default ['SIGTERM', 'SIGINT'] */
  readonly signals?: readonly EndSignal[] | undefined
  /** Those of `signals` that end the process at once when they come a second time. @default ['SIGINT'] */
  readonly force?: readonly EndSignal[] | undefined
  /** @default 'leave': Node ends the process at once */
  readonly uncaughtException?: CrashPolicy | undefined
  /** @default 'leave': Node makes an uncaught exception of it */
  readonly unhandledRejection?: CrashPolicy | undefined
  /** All the time that a drain has after a crash. @default '5s' */
  readonly crashGrace?: Duration | undefined
  /** What a drain does to a flip in progress, into a mode say: it cancels it, or waits for it. @default 'preempt' */
  readonly whileFlipping?: 'preempt' | 'wait' | undefined
  /** Answered by the service before any other handler. `false` for none. */
  readonly health?: HealthOptions | false | undefined
  readonly lameDuck?: LameDuckOptions | undefined
  /** Over how long goodbyes are spread, so that not all clients reconnect at once. @default 0: each response says it */
  readonly ramp?: Duration | undefined
  /** How long an idle connection stays after the trigger or its last response. @default keepAliveTimeout + 1 s, at most 5 s */
  readonly linger?: Duration | undefined
  /** How long requests may take after the lame duck; then they are cut. @default what `grace` leaves */
  readonly deadline?: Duration | undefined
  /** From the trigger to the end, all told: less than what the platform waits before it kills. @default '25s' */
  readonly grace?: Duration | undefined
  /**
   * When the platform kills: a `grace` that does not fit is warned of at the start.
   * @default TERMINATION_GRACE_PERIOD_SECONDS, else 30 s where Kubernetes is seen
   */
  readonly killAfter?: Duration | undefined
  /** Tells the service manager `READY=1` and the like. @default systemd-notify, where NOTIFY_SOCKET is set */
  readonly notify?: ((state: readonly string[]) => unknown) | false | undefined
  /** Whether the process is to end with the service. `false` when it lives in a larger one. @default true */
  readonly exit?: boolean | undefined
  /** Told in one line what a drain waits for, has cut, and came to. @default stderr; a terminal shows live what is waited for */
  readonly log?: ((line: string) => void) | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
  /** Chance, for `ramp` and `webSockets`: 0 ≤ x < 1. @default Math.random */
  readonly random?: (() => number) | undefined
}
