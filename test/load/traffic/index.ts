import { balancer } from './balancer.ts'
import { many, type Traffic } from './crowd.ts'
import { echoes } from './echoes.ts'
import { keepAlive, pipelining, streaming, uploads } from './one-after-the-other.ts'
import { streams } from './streams.ts'

export type { Backend } from './crowd.ts'

/** What the service speaks. */
export type Protocol = 'http' | 'h2c' | 'web-sockets'

/** A kind of traffic. */
export interface Mode {
  readonly protocol: Protocol
  readonly traffic: Traffic
  /** How many may be refused: each client that ignores readiness once. */
  readonly mayBeRefused: number
  /** How many services stand behind it. */
  readonly backends: 1 | 2
}

export const MODES = {
  'keep-alive': ignoring(96, 'http', keepAlive),
  pipelining: ignoring(24, 'http', pipelining),
  streaming: ignoring(24, 'http', streaming),
  uploads: ignoring(24, 'http', uploads),
  balancer: balanced(0),
  'late balancer': balanced(1_000),
  'http/2': ignoring(6, 'h2c', streams),
  websockets: ignoring(24, 'web-sockets', echoes),
} as const satisfies Record<string, Mode>

export type ModeName = keyof typeof MODES

/** Clients that know nothing of readiness: each goes on until nobody takes its connection. */
function ignoring(count: number, protocol: Protocol, client: Traffic): Mode {
  return { protocol, traffic: many(count, client), mayBeRefused: count, backends: 1 }
}

function balanced(lagMs: number): Mode {
  return { protocol: 'http', traffic: balancer(lagMs), mayBeRefused: 0, backends: 2 }
}
