import type { FlipState, Head, Settled } from '../ports/index.ts'

/** What is asked of a subject, as far as the decision depends on it. */
export interface Request {
  readonly flip: string
  /** The idempotency key, and the digest of the flip's name and input. */
  readonly key: { readonly text: string; readonly fingerprint: string } | undefined
  /** The phase the caller believes in (a typestate handle), if any. */
  readonly believed: string | undefined
  /** For a timer: wall time now. The flip goes only while its timer has run out. */
  readonly timerAt: number | undefined
}

/** What becomes of a request. `go` still has to pass the guards, and to win the claim. */
export type Decision =
  | { readonly type: 'go'; readonly from: string; readonly to: string; readonly attempt: number }
  | { readonly type: 'replay'; readonly settled: Settled }
  | { readonly type: 'join'; readonly running: FlipState }
  | { readonly type: 'mismatch'; readonly earlier: string }
  | { readonly type: 'busy'; readonly running: FlipState }
  | { readonly type: 'illegal'; readonly from: string; readonly allowed: readonly string[] }
  | { readonly type: 'elsewhere'; readonly phase: string }
  | { readonly type: 'early' }

/** Which phase a flip leads to, by phase and flip. */
type Table = { readonly [phase: string]: { readonly [flip: string]: string } }

/**
 * Legality, one at a time, and idempotency, in that reading order: a key that was used answers for itself, whatever the
 * phase is now; then a flip in progress; then the table. `settled` is what the journal has for the key.
 */
export function decide(head: Head, settled: Settled | undefined, request: Request, table: Table): Decision {
  const { flip: running } = head
  if (request.key !== undefined) {
    const answered = byKey(running, settled, request.flip, request.key)
    if (answered !== undefined) return answered
  }
  if (running !== undefined) return { type: 'busy', running }
  if (request.timerAt !== undefined && !isDue(head, request.flip, request.timerAt)) return { type: 'early' }
  if (request.believed !== undefined && request.believed !== head.phase) return { type: 'elsewhere', phase: head.phase }
  const to = table[head.phase]?.[request.flip]
  if (to === undefined) return { type: 'illegal', from: head.phase, allowed: Object.keys(table[head.phase] ?? {}) }
  return { type: 'go', from: head.phase, to, attempt: (settled?.attempt ?? 0) + 1 }
}

function byKey(
  running: FlipState | undefined,
  settled: Settled | undefined,
  flip: string,
  key: { readonly text: string; readonly fingerprint: string },
): Decision | undefined {
  if (running?.key === key.text) {
    const same = running.flip === flip && running.fingerprint === key.fingerprint
    return same ? { type: 'join', running } : { type: 'mismatch', earlier: running.flip }
  }
  if (settled === undefined) return undefined
  if (settled.flip !== flip || settled.fingerprint !== key.fingerprint)
    return { type: 'mismatch', earlier: settled.flip }
  return isFinal(settled) ? { type: 'replay', settled } : undefined
}

/** A commit and a terminal failure answer for ever; whatever else was rolled back may be tried again. */
function isFinal({ outcome }: Settled): boolean {
  return outcome.type === 'committed' || (outcome.type === 'rolledBack' && outcome.failure.terminal === true)
}

function isDue(head: Head, flip: string, now: number): boolean {
  return head.timers.some((timer) => timer.flip === flip && timer.at <= now)
}
