import { ours } from '../service/ours.ts'
import { type Address, stageFor } from '../service/stage.ts'
import type { Protocol } from '../traffic/index.ts'
import * as by from './contenders.ts'
import { fastify } from './fastify.ts'

/** One way to end a service. */
export interface Contender {
  /** What it was configured with. */
  readonly how: string
  start(protocol: Protocol, tell: (event: object) => void): Promise<Address>
}

/** Ours and others. With its defaults, or as its documentation recommends: unready first, and a delay of 1.5 s. */
export const CONTENDERS = {
  phasegate: {
    how: 'lameDuck min 300 ms, quiet 500 ms, max 2 s; linger 2 s; deadline 5 s',
    start: (protocol, tell) => ours(stageFor(protocol), tell),
  },
  nothing: on(by.nothing, 'no handler of the signal'),
  'server.close()': on(by.plainClose, 'close(), and the loop ends by itself'),
  'server.close(), tuned': on(
    by.tunedClose,
    'unready, 1.5 s, close(), closeIdleConnections() each 100 ms; HTTP/2 sessions and WebSockets closed by hand',
  ),
  terminus: on(by.terminus, 'healthChecks; else defaults (timeout 1 s)'),
  'terminus, tuned': on(by.tunedTerminus, 'healthChecks, beforeShutdown of 1.5 s, timeout 10 s, useExit0'),
  'http-graceful-shutdown': on(by.gracefulShutdown, 'defaults (timeout 30 s)'),
  'http-graceful-shutdown, tuned': on(by.tunedGracefulShutdown, 'preShutdown: unready and 1.5 s; timeout 10 s'),
  stoppable: on(by.stoppable, 'stop(); defaults (grace without end)'),
  'stoppable, tuned': on(by.tunedStoppable, 'unready, 1.5 s, stop(); grace 10 s'),
  lightship: on(
    by.lightship,
    'server.close() as shutdown handler, as in its README; defaults of Kubernetes (shutdownDelay 5 s)',
  ),
  'lightship, tuned': on(by.tunedLightship, 'shutdownDelay 1.5 s; the handler waits for server.close(); timeouts 10 s'),
  'http-terminator': on(by.httpTerminator, 'terminate(); defaults'),
  'http-terminator, tuned': on(by.tunedHttpTerminator, 'unready, 1.5 s, terminate(); timeout 10 s'),
  'close-with-grace': on(by.closeWithGrace, 'server.close(); delay 10 s as by default'),
  'close-with-grace, tuned': on(by.tunedCloseWithGrace, 'unready, 1.5 s, server.close(); delay 12 s'),
  'fastify close()': { how: 'app.close() on SIGTERM; defaults', start: (protocol) => fastify(protocol, 'as it comes') },
  'fastify close(), tuned': {
    how: 'return503OnClosing false; unready, 1.5 s, app.close()',
    start: (protocol) => fastify(protocol, 'tuned'),
  },
} as const satisfies Record<string, Contender>

export type ContenderName = keyof typeof CONTENDERS

function on(start: by.Ending, how: string): Contender {
  return { how, start: (protocol) => start(stageFor(protocol)) }
}
