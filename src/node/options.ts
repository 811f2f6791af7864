import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { ListenOptions } from 'node:net'
import type { Clock, Duration } from '../base/index.ts'
import type { Journal } from '../ports/index.ts'

/** Signals that a process may be told to end by. SIGKILL and SIGSTOP cannot be handled. */
export type EndSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2' | 'SIGBREAK'

/** Where a service answers for its health. */
export interface HealthPaths {
  /** @default '/readyz' */
  readonly readiness?: string | undefined
  /** @default '/livez' */
  readonly liveness?: string | undefined
}

/** How long traffic is still taken after the trigger. */
export interface LameDuckOptions {
  /** At least this long. @default '500ms' */
  readonly min?: Duration | undefined
  /** Until no request has come for this long; probes do not count. @default '1s' */
  readonly quiet?: Duration | undefined
  /** At most this long. @default '10s' */
  readonly max?: Duration | undefined
}

export interface ServiceOptions {
  /** The server to run. Its handlers stay its owner's. */
  readonly server: HttpServer | HttpsServer
  /** Where to listen; part of the start. @default its owner calls `server.listen`; the service is active from then on */
  readonly listen?: ListenOptions | undefined
  /** What operators read. @default 'service' */
  readonly name?: string | undefined
  /** The subject that has the phase, one for each process start. @default the name, the pid and something random */
  readonly subject?: string | undefined
  /** Where the flips of its lifecycle are recorded. @default in memory */
  readonly journal?: Journal | undefined
  /** What triggers the drain. `[]` for none. @default ['SIGTERM', 'SIGINT'] */
  readonly signals?: readonly EndSignal[] | undefined
  /** Answered by the service, on the same server, before any other handler. `false` for none. */
  readonly health?: HealthPaths | false | undefined
  readonly lameDuck?: LameDuckOptions | undefined
  /** How long an idle connection stays after the trigger or its last response. @default keepAliveTimeout + 1 s, at most 5 s */
  readonly linger?: Duration | undefined
  /** How long requests may take after the lame duck; then they are cut. @default what `grace` leaves */
  readonly deadline?: Duration | undefined
  /** From the trigger to the end, all told: less than what the platform waits before it kills. @default '25s' */
  readonly grace?: Duration | undefined
  /** Whether the process is to end with the service. `false` when it lives in a larger one. @default true */
  readonly exit?: boolean | undefined
  /** Told in one line what a drain waits for, has cut, and came to. @default lines on stderr */
  readonly log?: ((line: string) => void) | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}
