/** When the goodbye began, in monotonic ms, and for how long an idle socket stays after it. */
export interface LingerRule {
  readonly partedAtMs: number
  readonly lingerMs: number
}

/** At least this long after a response that could not say goodbye: the client takes the socket for a good one. */
const UNWARNED_MS = 250

/**
 * When a socket that is idle since `idleSinceMs` is closed. Counted from the goodbye or from its last response, whichever
 * is later, because a client may already be writing the next request when we think that the socket is idle.
 */
export function lingersUntil(idleSinceMs: number, rule: LingerRule): number {
  if (idleSinceMs <= rule.partedAtMs) return rule.partedAtMs + rule.lingerMs
  return idleSinceMs + Math.max(rule.lingerMs, UNWARNED_MS)
}
