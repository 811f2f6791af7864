import type { Clock, Stop } from '../base/index.ts'

const EVERY_MS = 1_000

/** Calls `tell` once a second, first in a second, until it is stopped. Keeps nothing alive. */
export function everySecond(clock: Clock, tell: () => void): Stop {
  const arm = (): Stop => clock.timer(EVERY_MS, tick, { background: true })
  const tick = (): void => {
    disarm = arm()
    tell()
  }
  let disarm = arm()
  return () => disarm()
}
