import type { Clock } from 'phasegate'
import { type ClockHarness, virtualClock } from 'phasegate/testing'
import { type Broken, bend } from './bend.ts'

function bent(name: string, breaks: number, changes: (clock: Clock) => Partial<Clock>): Broken<ClockHarness> {
  const harness = (): ClockHarness => {
    const clock = virtualClock()
    const own: Clock = clock
    return { clock: bend(own, changes(own)), advance: (ms) => clock.advance(ms) }
  }
  return { name, breaks, harness }
}

/** Set back by a second, as wall clocks are, every so often. */
function setBack(clock: Clock): Partial<Clock> {
  let looks = 0
  return { monotonic: () => clock.monotonic() - 1_000 * Math.floor(++looks / 700) }
}

/** Each timer that is set puts the one before it out of reach. */
function oneStop(clock: Clock): Partial<Clock> {
  let stop = (): void => undefined
  return {
    timer: (ms, fire) => {
      stop = clock.timer(ms, fire)
      return () => stop()
    },
  }
}

/** What can be wrong with a clock. */
export const brokenClocks: readonly Broken<ClockHarness>[] = [
  bent('tells the time in seconds', 1, (clock) => ({ now: () => Math.floor(clock.now() / 1_000) })),
  bent('stands still', 1, (clock) => {
    const now = clock.now()
    return { now: () => now }
  }),
  bent('is set back now and then', 2, setBack),
  bent('fires a moment early', 3, (clock) => ({ timer: (ms, fire) => clock.timer(ms * 0.97, fire) })),
  bent('fires twice', 3, (clock) => ({
    timer: (ms, fire) => {
      clock.timer(ms + 1, fire)
      return clock.timer(ms, fire)
    },
  })),
  bent('fires at once where there is no time', 3, (clock) => ({
    timer: (ms, fire) => {
      if (ms > 0) return clock.timer(ms, fire)
      fire()
      return () => undefined
    },
  })),
  bent('cannot be stopped', 3, (clock) => ({
    timer: (ms, fire) => {
      clock.timer(ms, fire)
      return () => undefined
    },
  })),
  bent('stops the timer that was set last', 3, oneStop),
  bent('has 31 bits for the time of a timer', 3, (clock) => ({
    timer: (ms, fire) => clock.timer(ms > 2 ** 31 - 1 ? 1 : ms, fire),
  })),
  bent('lets every second timer wait a little longer', 5, (clock) => {
    let set = 0
    return { timer: (ms, fire) => clock.timer(ms > 0 && set++ % 2 === 0 ? ms + 2 : ms, fire) }
  }),
]
