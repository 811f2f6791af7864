import { PhasegateError } from '../../base/index.ts'

/** The refusal of a state that has no exact key: it names the place of what is not plain. */
export function unkeyed(state: unknown): PhasegateError<'STATE_UNKEYED'> {
  const { path, found } = strangerIn(state, 'state', []) ?? { path: 'state', found: 'a value that is not plain' }
  return new PhasegateError(
    'STATE_UNKEYED',
    `${path} is ${found}; a state is made of plain objects, arrays, Map, Set and primitives, or the model has a key`,
    { path, found },
  )
}

interface Stranger {
  readonly path: string
  readonly found: string
}

function strangerIn(value: unknown, path: string, above: readonly unknown[]): Stranger | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { path, found: `a ${typeof value}` }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.includes(value)) return { path, found: 'a circle' }
  if (above.length >= 500) return { path: `${path.slice(0, 60)}…`, found: 'nested deeper than 500' }
  const members = membersOf(value)
  if (members === undefined) return { path, found: `an instance of ${value.constructor?.name || 'a class'}` }
  if (Object.getOwnPropertySymbols(value).length > 0) return { path, found: 'an object with symbol keys' }
  for (const [name, member] of members) {
    const stranger = strangerIn(member, `${path}${name}`, [...above, value])
    if (stranger !== undefined) return stranger
  }
  return undefined
}

/** What is in it, and how one gets there; undefined for what is not plain. */
function membersOf(value: object): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, index) => [`[${index}]`, item])
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Set.prototype) return [...(value as Set<unknown>)].map((item) => ['{…}', item])
  if (prototype === Map.prototype) {
    return [...(value as Map<unknown, unknown>)].flatMap(([key, item]) => [
      ['{key}', key] as const,
      ['{…}', item] as const,
    ])
  }
  if (prototype !== Object.prototype && prototype !== null) return undefined
  return Object.entries(value).map(([name, member]) => [`.${name}`, member])
}
