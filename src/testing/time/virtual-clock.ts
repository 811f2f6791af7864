import type { Clock, Stop } from '../../base/index.ts'

interface Pending {
  readonly at: number
  readonly fire: () => void
}

/** A clock that stands still until it is advanced. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms`. Timers fire in the order they fall due; between two of them everything that can go on
   * without time goes on, so a timer set by the first is seen before the second.
   */
  advance(ms: number): Promise<void>
  /** How many timers are set. */
  pending(): number
  /** In how many ms the first of them falls due; undefined when none is set. */
  next(): number | undefined
}

/**
 * Time for tests: nothing waits for real. `wall` is the wall time in ms that it starts at.
 *
 * @example
 * const clock = virtualClock()
 * const gate = createGate(chart, { clock })
 * await clock.advance(15 * 60_000)
 */
export function virtualClock(wall: number = Date.UTC(2026, 0, 1)): VirtualClock {
  return settledClock(wall, settle)
}

/** A virtual clock that lets `settle` go on with what needs no time, before and after each timer. */
export function settledClock(wall: number, settle: () => Promise<void>): VirtualClock {
  const timers = new Set<Pending>()
  let elapsed = 0
  const earliest = (): Pending | undefined => {
    let first: Pending | undefined
    // Those of one moment stand in the order in which they were set.
    for (const timer of timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }

  return {
    now: () => wall + elapsed,
    monotonic: () => elapsed,
    pending: () => timers.size,
    next(): number | undefined {
      const first = earliest()
      return first && Math.max(0, first.at - elapsed)
    },
    timer(ms, fire): Stop {
      const timer = { at: elapsed + Math.max(0, ms), fire }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const until = elapsed + ms
      await settle()
      for (let next = earliest(); next !== undefined && next.at <= until; next = earliest()) {
        timers.delete(next)
        elapsed = Math.max(elapsed, next.at)
        next.fire()
        await settle()
      }
      elapsed = until
      await settle()
    },
  }
}

/** Lets everything run that needs no time: promises, and a few turns of the loop for I/O that is already there. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
