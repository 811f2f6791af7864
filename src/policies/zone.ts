import { refuse } from '../base/index.ts'

/** The clock of a place. */
export interface Zone {
  readonly name: string
  /** What to add to UTC for the wall time there, in ms. */
  offsetAt(at: number): number
}

/** A time during which the clock of a place was not put forward or back; `end` is not in it. */
interface Stretch {
  readonly start: number
  readonly end: number
  readonly offset: number
}

export const DAY_MS = 86_400_000

/** @throws OPTION_INVALID unless `value` names a time zone that this Node knows */
export function zoneOf(value: unknown, option: string): Zone {
  const format = typeof value === 'string' && /^[A-Za-z]/.test(value) ? formatIn(value) : undefined
  if (format === undefined) return refuse(option, value, "an IANA time zone, such as 'Europe/Berlin'")
  return { name: String(value), offsetAt: (at) => wallOf(format, at) - Math.floor(at / 1_000) * 1_000 }
}

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  const all = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const
  try {
    const options = { ...all, second: 'numeric', hourCycle: 'h23', timeZone } as const
    return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', options)
  } catch {
    return undefined
  }
}

/** The wall time there, as if it were UTC, in ms and to the second. */
function wallOf(format: Intl.DateTimeFormat, at: number): number {
  const read: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of format.formatToParts(at)) read[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The number of the day there, counted from 1970-01-01. */
export function dayAt(zone: Zone, at: number): number {
  return Math.floor((at + zone.offsetAt(at)) / DAY_MS)
}

/** The day before, by the calendar of the place: who moves over the date line leaves one out. */
export function dayBefore(zone: Zone, day: number): number {
  let before = day - 1
  while (!exists(zone, before)) before -= 1
  return before
}

function exists(zone: Zone, day: number): boolean {
  const noon = day * DAY_MS + DAY_MS / 2
  return [noon - DAY_MS, noon + DAY_MS].some((near) => dayAt(zone, noon - zone.offsetAt(near)) === day)
}

/** Time from `start` to `until` in stretches of one offset each, none longer than a day. */
export function* stretches(zone: Zone, start: number, until: number): Generator<Stretch, void, undefined> {
  for (let from = start; from < until; ) {
    const offset = zone.offsetAt(from)
    const end = endOf(zone, offset, from, Math.min(from + DAY_MS, until))
    yield { start: from, end, offset }
    from = end
  }
}

/** When the offset is another one first, or `latest`. */
function endOf(zone: Zone, offset: number, start: number, latest: number): number {
  if (zone.offsetAt(latest) === offset) return latest
  let [same, other] = [start, latest]
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2)
    if (zone.offsetAt(middle) === offset) same = middle
    else other = middle
  }
  return other
}

const NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** 0 is Sunday, as in `Date`. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7
}

/** As people read it: `Sat 2026-11-28 14:05`. */
export function wallText(zone: Zone, at: number): string {
  const [date = '', time = ''] = new Date(at + zone.offsetAt(at)).toISOString().split('T')
  return `${NAMES[weekdayOf(dayAt(zone, at))]} ${date} ${time.slice(0, 5)}`
}
