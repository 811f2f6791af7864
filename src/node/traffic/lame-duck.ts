/** How long a service that wants no more traffic goes on taking it. */
export interface LameDuckLimits {
  readonly minMs: number
  readonly quietMs: number
  readonly maxMs: number
}

export type LameDuckDecision =
  | { readonly type: 'end'; readonly because: 'quiet' | 'max' }
  | { readonly type: 'wait'; readonly ms: number }

/**
 * Whether the balancers have let go. A fixed wait is wrong somewhere: this one ends when nothing but probes has come for
 * a while. `elapsedMs` counts from the trigger, `quietForMs` from the last request that was no probe.
 */
export function lameDuck(elapsedMs: number, quietForMs: number, limits: LameDuckLimits): LameDuckDecision {
  if (elapsedMs >= limits.maxMs) return { type: 'end', because: 'max' }
  const leftMs = Math.max(limits.minMs - elapsedMs, limits.quietMs - quietForMs)
  if (leftMs <= 0) return { type: 'end', because: 'quiet' }
  return { type: 'wait', ms: Math.min(leftMs, limits.maxMs - elapsedMs) }
}
