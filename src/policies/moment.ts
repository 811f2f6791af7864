import { refuse } from '../base/index.ts'

/** A point in time: wall ms, a `Date`, or ISO 8601 text that says its zone: `'2026-12-27T06:00:00Z'`. */
export type Moment = number | string | Date

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

/** Wall ms. @throws OPTION_INVALID naming the option */
export function parseMoment(value: unknown, option: string): number {
  const ms = new Date(typeof value === 'string' && !ISO.test(value) ? Number.NaN : (value as Moment)).getTime()
  const isMoment = typeof value === 'number' || typeof value === 'string' || value instanceof Date
  if (isMoment && Number.isFinite(ms)) return ms
  return refuse(option, value, "wall ms, a Date, or text with its zone such as '2026-12-27T06:00:00Z'")
}

/** As people read it, to the second: `2026-12-27T06:00:00Z`. */
export function momentText(at: number): string {
  return `${new Date(at).toISOString().slice(0, -5)}Z`
}
