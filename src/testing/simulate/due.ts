import type { Head } from '../../ports/index.ts'

/**
 * In how many ms there may be something to recover: now, while a flip is in progress, since its owner may have died; or when
 * the first timer of the phase runs out. A stuck flip waits for a person, and holds up the timers.
 */
export function dueIn({ timers, flip }: Pick<Head, 'timers' | 'flip'>, now: number): number {
  if (flip?.course.type === 'stuck') return Number.POSITIVE_INFINITY
  if (flip !== undefined) return 0
  return Math.min(...timers.map(({ at }) => Math.max(0, at - now)))
}
