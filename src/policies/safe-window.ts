import { known, refuse } from '../base/index.ts'
import { deny, type Policy, policy } from '../chart/index.ts'
import { HORIZON_DAYS, isLeftOut, nextOpening, type Window } from './opening.ts'
import { DAY_MS, dayAt, wallText, zoneOf } from './zone.ts'

type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/** Options of `safeWindow(options)`. */
export interface SafeWindowOptions {
  /** IANA time zone, such as `'Europe/Berlin'`: by its clock, daylight saving included. */
  readonly zone: string
  /**
   * The days on which the window opens: `['mon-thu', 'sat']`.
   * @default every day
   */
  readonly days?: readonly (Weekday | `${Weekday}-${Weekday}`)[] | undefined
  /** Wall time at which it opens, `'09:00'`. */
  readonly from: string
  /** Wall time at which it closes, up to `'24:00'`. Before `from`: on the next day. */
  readonly to: string
  /**
   * Dates on which nothing is open: `['2026-12-24', { from: '2026-12-28', to: '2027-01-03' }]`, both ends included.
   * @default none
   */
  readonly except?: readonly (string | { readonly from: string; readonly to: string })[] | undefined
}

/**
 * Lets flips begin only at certain hours of certain days.
 * @throws OPTION_INVALID naming the option, also for a zone that is not known
 * @example .guard('office hours', safeWindow({ zone: 'Europe/Berlin', days: ['mon-thu'], from: '09:00', to: '16:00' }))
 */
export function safeWindow(options: SafeWindowOptions): Policy {
  const window = parseWindow(options)
  return policy(({ at }) => {
    const opens = nextOpening(window, at)
    return opens === at || deny(closedText(window, at, opens))
  })
}

function closedText(window: Window, at: number, opens: number | undefined): string {
  const { zone } = window
  const leftOut = isLeftOut(window, dayAt(zone, at)) ? ', a date that is left out' : ''
  const next = opens === undefined ? `does not open within ${HORIZON_DAYS} days` : `opens ${wallText(zone, opens)}`
  return `it is ${wallText(zone, at)} in ${zone.name}${leftOut}; the window ${next}`
}

function parseWindow(options: unknown): Window {
  const given = known(options, 'safe window', ['zone', 'days', 'from', 'to', 'except'])
  const fromMs = parseTime(given.from, 'from', '23:59')
  const toMs = parseTime(given.to, 'to', '24:00')
  if (fromMs === toMs) refuse('to', given.to, "another time than from; all day is '00:00' to '24:00'")
  return {
    zone: zoneOf(given.zone, 'zone'),
    weekdays: new Set(parseList(given.days ?? ['mon-sun'], 'days', parseDays).flat()),
    fromMs,
    toMs,
    except: given.except === undefined ? [] : parseList(given.except, 'except', parseDates),
  }
}

function parseTime(value: unknown, option: string, latest: string): number {
  const [, hours, minutes] = (typeof value === 'string' && /^([01]\d|2[0-4]):([0-5]\d)$/.exec(value)) || []
  if (hours === undefined || String(value) > latest) return refuse(option, value, `a time from '00:00' to '${latest}'`)
  return (Number(hours) * 60 + Number(minutes)) * 60_000
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function parseDays(value: unknown, option: string): readonly number[] {
  const [first = -1, last = first, ...rest] = String(value)
    .split('-')
    .map((name) => WEEKDAYS.indexOf(name))
  if (typeof value !== 'string' || rest.length > 0 || first < 0 || last < 0) {
    return refuse(
      option,
      value,
      "a day, or days in a row: 'mon', 'mon-fri'; days are mon, tue, wed, thu, fri, sat, sun",
    )
  }
  const length = ((last - first + 7) % 7) + 1
  return Array.from({ length }, (_, index) => (first + index) % 7)
}

function parseDates(value: unknown, option: string): Window['except'][number] {
  if (typeof value === 'string') {
    const day = parseDate(value, option)
    return { from: day, to: day }
  }
  const given = known(value, option, ['from', 'to'])
  const [from, to] = [parseDate(given.from, `${option}.from`), parseDate(given.to, `${option}.to`)]
  return from <= to ? { from, to } : refuse(`${option}.to`, given.to, 'no earlier than from')
}

/** The number of the day. */
function parseDate(value: unknown, option: string): number {
  const ms = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : Number.NaN
  // A day that there is not, such as February 30th, comes back as another one, or not at all.
  const isDate = Number.isFinite(ms) && new Date(ms).toISOString().startsWith(String(value))
  return isDate ? ms / DAY_MS : refuse(option, value, "a date, such as '2026-12-24'")
}

function parseList<Item>(
  value: unknown,
  option: string,
  parse: (item: unknown, option: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value) || value.length === 0) return refuse(option, value, 'a list of one or more')
  return value.map((item: unknown, index) => parse(item, `${option}[${index}]`))
}
