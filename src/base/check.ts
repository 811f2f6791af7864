import { type Duration, describe, parseDuration } from './duration.ts'
import { PhasegateError } from './errors.ts'

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9 _.-]{0,254}$/
/** `xstate.` names are events that a machine sends to itself. */
const RESERVED = /^(?:constructor|prototype|xstate\..*)$/
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u

/** Refuses `value`, naming the option and what it must be. */
export function refuse(option: string, value: unknown, expected: string): never {
  throw new PhasegateError('OPTION_INVALID', `${option} is ${describe(value)}; it must be ${expected}`, {
    option,
    value: describe(value),
    expected,
  })
}

/** The name of a chart, phase, flip or step: it appears in diagrams, keys and machines. */
export function identifier(value: unknown, option: string): string {
  if (typeof value === 'string' && IDENTIFIER.test(value) && value === value.trim() && !RESERVED.test(value))
    return value
  return refuse(
    option,
    value,
    'a letter, then letters, digits, spaces, ".", "_" or "-"; 255 at most, not ending in a space, not a reserved word',
  )
}

/** The name of a guard, confirm, role or resource: any text that can be printed on a line. */
export function label(value: unknown, option: string): string {
  if (typeof value === 'string' && PRINTABLE.test(value) && value.trim() !== '') return value
  return refuse(option, value, 'text of 1 to 255 printable characters')
}

/** Whether it is an object with members, and no list. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Refuses whatever is not an object, and every property that is not among `names`. */
export function known(value: unknown, option: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (!isPlainObject(value)) return refuse(option, value, 'an object')
  const stranger = Object.keys(value).find((name) => !names.includes(name))
  if (stranger === undefined) return value
  return refuse(`${option}.${stranger}`, value[stranger], `left out; known: ${names.join(', ')}`)
}

export function callable<Callable>(value: unknown, option: string): Callable {
  return typeof value === 'function' ? (value as Callable) : refuse(option, value, 'a function')
}

export function flag(value: unknown, option: string): boolean {
  if (value === undefined) return false
  return typeof value === 'boolean' ? value : refuse(option, value, 'true or false')
}

export function positiveInteger(value: unknown, option: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  return refuse(option, value, 'a whole number from 1')
}

/** Milliseconds; `fallback` when undefined. */
export function duration(value: unknown, option: string, fallback: Duration): number {
  return parseDuration(value === undefined ? fallback : value, option)
}

/** Milliseconds, and not zero: a limit of nothing would always be exceeded. */
export function limit(value: unknown, option: string, fallback: Duration): number {
  const ms = duration(value, option, fallback)
  return ms > 0 ? ms : refuse(option, value, 'longer than 0')
}

/** Whatever has these methods; `undefined` when there is none. */
export function port<Port>(value: unknown, option: string, methods: readonly string[]): Port | undefined {
  if (value === undefined) return undefined
  const missing = methods.find((method) => typeof (value as Record<string, unknown> | null)?.[method] !== 'function')
  return missing === undefined ? (value as Port) : refuse(option, value, `a ${option}, with a method ${missing}()`)
}
