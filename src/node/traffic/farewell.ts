import { unreachable } from '../../base/index.ts'
import { type LingerRule, lingersUntil } from './linger-rule.ts'

/** What a session of HTTP/2 has been told of its end. */
export type Farewell =
  | { readonly type: 'unsaid' }
  /** That it is to open no more streams; those that come are served all the same. */
  | { readonly type: 'told'; readonly atMs: number }
  /** The last GOAWAY: which streams are still served. */
  | { readonly type: 'final' }

/** A round trip: what a client sent before it was told has arrived by then. */
const ROUND_TRIP_MS = 250

/**
 * Whether a session is told at the trigger, or with its next stream. A client that was answered a moment ago may be about
 * to ask again, and one that reads its answer together with the notice fails what it has not sent yet.
 */
export function mayTell(idleSinceMs: number | undefined, nowMs: number): boolean {
  return idleSinceMs === undefined || nowMs - idleSinceMs >= ROUND_TRIP_MS
}

/** Whether streams that were opened before the session was told have arrived. */
export function mayFinish(farewell: Farewell, nowMs: number): boolean {
  return farewell.type === 'told' && nowMs - farewell.atMs >= ROUND_TRIP_MS
}

/**
 * When a session gets its last GOAWAY, once the listeners have closed. `idleSinceMs`: undefined while it has streams. One
 * that was told needs no more than a round trip, busy or idle; one that was not lingers as other connections do.
 */
export function finishesAt(farewell: Farewell, idleSinceMs: number | undefined, rule: LingerRule): number | undefined {
  switch (farewell.type) {
    case 'unsaid':
      return idleSinceMs === undefined ? undefined : lingersUntil(idleSinceMs, rule)
    case 'told':
      return farewell.atMs + ROUND_TRIP_MS
    case 'final':
      return undefined
    default:
      return unreachable(farewell)
  }
}
