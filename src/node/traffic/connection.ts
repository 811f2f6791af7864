import type { Socket } from 'node:net'
import type { Clock } from '../../base/index.ts'
import type { Incoming, Returnable } from './door.ts'
import type { LingerRule } from './linger-rule.ts'
import { type Pending, pathOf } from './pending.ts'

/** Stands for the permit of a request that is no traffic: asked by whoever watches our health. */
export const PROBE: Returnable = { done: () => {} }
/** Stands for the permit of a request that was refused, and holds nothing. */
export const REFUSED: Returnable = { done: () => {} }

/** A request whose response has not ended. */
export interface Exchange {
  readonly incoming: Incoming
  readonly permit: Returnable
  readonly startedMs: number
}

/** One connection, as its server sees it, whatever is spoken on it. Times are monotonic ms. */
export interface Connection {
  readonly socket: Socket
  /** In the order in which they came. */
  readonly exchanges: Iterable<Exchange>
  /** When it is closed unless something happens on it; undefined while something does. Asked once the listeners have closed. */
  lingersUntil(rule: LingerRule): number | undefined
  /** What it is kept open for. Nothing, when it is idle or answers a probe. */
  pending(nowMs: number): readonly Pending[]
  /** From here on it says goodbye, each protocol in its way. */
  part(): void
  /** The listeners have closed. */
  shut(): void
  /** It has lingered: nothing that comes from now on is answered. */
  close(): void
  /** Ends it at once, with whatever is going on. */
  cut(): void
}

/** What connections tell of what happens on them. */
export interface Ledger {
  readonly clock: Clock
  /** Whether goodbyes are being said. */
  readonly isParting: boolean
  /** Whether this goodbye is due already, where they are spread over some time. */
  mayPart(): boolean
  began(exchange: Exchange): void
  /** `answered`: in full. */
  ended(exchange: Exchange, answered: boolean): void
  /** A client that sends many requests on one connection has sent one, or got its answer. */
  stirred(): void
  /** A session was told that it is to end. */
  told(): void
}

/** What is left of a request in flight; `bytes` were written in answer since the trigger. */
export function pendingExchange({ incoming, startedMs }: Exchange, bytes: number, nowMs: number): Pending {
  return {
    what: 'request',
    name: undefined,
    method: incoming.method,
    path: pathOf(incoming.url),
    ageMs: nowMs - startedMs,
    bytes,
  }
}
