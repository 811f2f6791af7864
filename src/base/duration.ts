import { PhasegateError } from './errors.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNITS

/** Milliseconds as a number, or text such as `'250ms'`, `'10s'`, `'1.5m'`, `'2h'`, `'7d'`. */
export type Duration = number | `${number}${Unit}`

/** Milliseconds of a duration; `OPTION_INVALID` naming `option` when it is not one, negative, or not finite. */
export function parseDuration(value: unknown, option: string): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? fromText(value) : Number.NaN
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new PhasegateError(
    'OPTION_INVALID',
    `${option} is ${describe(value)}; a duration is milliseconds, or text such as '250ms', '10s', '15m', '2h', '7d'`,
    { option, value: describe(value), expected: 'a duration' },
  )
}

function fromText(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  return match ? Number(match[1]) * UNITS[match[2] as Unit] : Number.NaN
}

/** A value as an error message shows it: short, quoted, never throwing. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (value !== null && typeof value === 'object') return 'an object'
  return String(value)
}

/** Milliseconds as people read them: `250ms`, `1.5s`, `12m`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${trim(ms / 1_000)}s`
  if (ms < 3_600_000) return `${trim(ms / 60_000)}m`
  return `${trim(ms / 3_600_000)}h`
}

function trim(amount: number): string {
  return amount.toFixed(1).replace(/\.0$/, '')
}
