import { DAY_MS, dayBefore, stretches, weekdayOf, type Zone } from './zone.ts'

// When a window is open. Pure: wall time is compared with wall time, so an hour that a clock skips is not there, and one
// that it repeats is there twice.

/** Hours on some days of the week, by the clock of a place. */
export interface Window {
  readonly zone: Zone
  /** The days on which it opens; 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>
  /** Ms of the day. Not before `toMs`: it is open over midnight. */
  readonly fromMs: number
  readonly toMs: number
  /** Days that are left out, by number, both ends included. */
  readonly except: readonly { readonly from: number; readonly to: number }[]
}

/** For how long is looked ahead. */
export const HORIZON_DAYS = 400

/** The first moment from `at` on at which it is open: `at` itself when it is open; undefined when none is near. */
export function nextOpening(window: Window, at: number): number | undefined {
  const { zone } = window
  for (const { start, end, offset } of stretches(zone, at, at + HORIZON_DAYS * DAY_MS)) {
    const last = Math.floor((end - 1 + offset) / DAY_MS)
    for (let day = Math.floor((start + offset) / DAY_MS); day <= last; day++) {
      for (const { fromMs, toMs } of spansOn(window, day)) {
        const midnight = day * DAY_MS - offset
        const opens = Math.max(midnight + fromMs, start)
        if (opens < Math.min(midnight + toMs, end)) return opens
      }
    }
  }
  return undefined
}

/** Whether nothing is open on this day, whatever day of the week it is. */
export function isLeftOut({ except }: Window, day: number): boolean {
  return except.some(({ from, to }) => from <= day && day <= to)
}

/** When it is open on one day: what is left of the night before, and what begins that day. */
function spansOn(window: Window, day: number): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const { zone, fromMs, toMs } = window
  if (isLeftOut(window, day)) return []
  const today = opensOn(window, day)
  if (fromMs < toMs) return today ? [{ fromMs, toMs }] : []
  const night = opensOn(window, dayBefore(zone, day)) ? [{ fromMs: 0, toMs }] : []
  return today ? [...night, { fromMs, toMs: DAY_MS }] : night
}

function opensOn(window: Window, day: number): boolean {
  return window.weekdays.has(weekdayOf(day)) && !isLeftOut(window, day)
}
