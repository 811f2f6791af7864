import type { Append, Head, Settled } from '../../ports/index.ts'

/** An append that was stored: the version it led to, and the name it went by. */
export interface Step {
  readonly version: number
  readonly opId: string
}

/** What becomes of an append: stored, recognised as one that was stored before, or refused. */
export type Verdict = 'store' | 'repeat' | 'conflict'

/** Decides an append against the stored head and the appends that led to it. */
export function judge(
  head: Head | undefined,
  steps: readonly Step[],
  settled: ReadonlyMap<string, Settled> | undefined,
  append: Append,
): Verdict {
  const { expected, claim } = append
  const version = head?.version ?? 0
  const epoch = head?.epoch ?? 0
  if (expected.version === version && expected.epoch === epoch && append.head.epoch >= epoch) {
    const earlier = claim && settled?.get(claim.key)
    return earlier === undefined || earlier.attempt < (claim?.attempt ?? 0) ? 'store' : 'conflict'
  }
  return isRepeat(steps, append) ? 'repeat' : 'conflict'
}

/** A stored append led beyond the version that it expected, so there is no need to look further back than that. */
function isRepeat(steps: readonly Step[], append: Append): boolean {
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]
    if (step === undefined || step.version <= append.expected.version) return false
    if (step.opId === append.opId) return true
  }
  return false
}

/** Whether a flip is in progress that only its owner, or whoever adopts it, can bring on. */
export function isRunning(head: Head): boolean {
  return head.flip !== undefined && head.flip.course.type !== 'stuck'
}

/** Whether a flip is in progress that waits for a person. */
export function isStuck(head: Head): boolean {
  return head.flip?.course.type === 'stuck'
}

/** Whether the earliest timer has run out while no flip is in progress. */
export function isDue(head: Head, now: number): boolean {
  return head.flip === undefined && head.timers.some((timer) => timer.at <= now)
}

/** Whether anything can fall due for this subject without somebody asking. */
export function needsWatch(head: Head): boolean {
  return head.flip !== undefined || head.timers.length > 0
}
