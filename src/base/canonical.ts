import { PhasegateError } from './errors.ts'
import { describe } from './duration.ts'

/**
 * One text for one value: JSON with sorted keys and no white space (after RFC 8785), so that equal values have equal
 * digests. Properties that are `undefined` are left out. Throws `NOT_SERIALISABLE`, naming the path, for whatever would
 * come back from JSON as something else: functions, symbols, bigint, NaN and infinities, `undefined` in arrays, lone
 * surrogates, class instances (Date, Map, typed arrays, …) and circles.
 */
export function canonical(value: unknown, name = 'value'): string {
  return write(value, name, [])
}

function write(value: unknown, path: string, above: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw refused(path, 'text with a lone surrogate')
      return JSON.stringify(value)
    case 'boolean':
      return String(value)
    case 'number':
      if (!Number.isFinite(value)) throw refused(path, String(value))
      return JSON.stringify(value)
    case 'object':
      return value === null ? 'null' : writeObject(value, path, above)
    default:
      throw refused(path, value === undefined ? 'undefined' : `a ${typeof value}`)
  }
}

function writeObject(value: object, path: string, above: readonly object[]): string {
  if (above.includes(value)) throw refused(path, 'a circle')
  const inside = [...above, value]
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`, inside)).join(',')}]`
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refused(path, className(value))
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, 'an object with symbol keys')
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${write(key, `the name of ${path}.${key}`, [])}:${write(member, `${path}.${key}`, inside)}`)
  return `{${members.join(',')}}`
}

function className(value: object): string {
  return `an instance of ${value.constructor?.name || 'a class'}`
}

function refused(path: string, found: string): PhasegateError<'NOT_SERIALISABLE'> {
  return new PhasegateError(
    'NOT_SERIALISABLE',
    `${path} is ${found}; only what JSON gives back unchanged can be recorded: plain objects, arrays, text, finite numbers, booleans, null`,
    { path, found: describe(found) },
  )
}
