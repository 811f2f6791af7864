import { PhasegateError } from './errors.ts'

/**
 * One text for one value: JSON with sorted keys and no white space (after RFC 8785), so that equal values have equal
 * digests. Properties that are `undefined` are left out. Throws `NOT_SERIALISABLE`, naming the path, for whatever would
 * come back from JSON as something else: functions, symbols, bigint, NaN and infinities, `undefined` in arrays, lone
 * surrogates, class instances (Date, Map, typed arrays, …) and circles.
 */
export function canonical(value: unknown, name = 'value'): string {
  return write(value, { name, keys: [], above: [] })
}

/**
 * The value as it would come back from the journal: a copy, so that what is changed later does not change what was
 * recorded. @throws NOT_SERIALISABLE
 */
export function recordable(value: unknown, name: string): unknown {
  if (value === undefined) return undefined
  const text = canonical(value, name)
  return typeof value === 'object' ? (JSON.parse(text) as unknown) : value
}

/** Nobody records deeper than this; the stack of a journal's reader does not end here either. */
const DEEPEST = 500

/** Text that JSON writes as it is: most of what is written, and several times faster than escaping. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Where the writing is: what a refusal names, put together only when there is one. */
interface Place {
  readonly name: string
  readonly keys: (string | number)[]
  readonly above: object[]
}

function write(value: unknown, place: Place): string {
  switch (typeof value) {
    case 'string':
      if (PLAIN.test(value)) return `"${value}"`
      if (!value.isWellFormed()) throw refused(place, 'text with a lone surrogate')
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'number':
      if (!Number.isFinite(value)) throw refused(place, String(value))
      return String(value)
    case 'object':
      return value === null ? 'null' : writeInside(value, place)
    default:
      throw refused(place, value === undefined ? 'undefined' : `a ${typeof value}`)
  }
}

function writeInside(value: object, place: Place): string {
  if (place.above.length >= DEEPEST)
    throw refused({ ...place, keys: place.keys.slice(0, 3) }, `nested deeper than ${DEEPEST}`)
  if (place.above.includes(value)) throw refused(place, 'a circle')
  place.above.push(value)
  const text = Array.isArray(value) ? writeArray(value, place) : writeObject(value, place)
  place.above.pop()
  return text
}

function writeArray(items: readonly unknown[], place: Place): string {
  let text = ''
  for (let index = 0; index < items.length; index++) {
    place.keys.push(index)
    text += (index === 0 ? '' : ',') + write(items[index], place)
    place.keys.pop()
  }
  return `[${text}]`
}

function writeObject(value: object, place: Place): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refused(place, className(value))
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(place, 'an object with symbol keys')
  let text = ''
  for (const key of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[key]
    if (member === undefined) continue
    place.keys.push(key)
    text += `${text === '' ? '' : ','}${write(key, place)}:${write(member, place)}`
    place.keys.pop()
  }
  return `{${text}}`
}

function className(value: object): string {
  return `an instance of ${value.constructor?.name || 'a class'}`
}

function refused({ name, keys }: Place, found: string): PhasegateError<'NOT_SERIALISABLE'> {
  const path = keys.reduce<string>((above, key) => above + (typeof key === 'number' ? `[${key}]` : `.${key}`), name)
  return new PhasegateError(
    'NOT_SERIALISABLE',
    `${path} is ${found}; only what JSON gives back unchanged can be recorded: plain objects, arrays, text, finite numbers, booleans, null`,
    { path, found },
  )
}
