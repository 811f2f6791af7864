import type { Clock } from '../../base/index.ts'
import type { SimulatedProcess } from './process.ts'

/** Whose calls they are, and how they are told. */
export interface Reach {
  readonly process: SimulatedProcess
  /** The world's clock: who finds it in the dependencies gets that of the process. */
  readonly clock: Clock
  /** Where the calls come from: `step "cordon"`. */
  readonly from: string
  /** Told of every answer that takes real time. */
  readonly asked?: <Answer>(answer: Promise<Answer>) => Promise<Answer>
}

/** What holds nothing but data, or has a nature that a stand-in cannot have. */
const DATA: readonly (abstract new (...given: never[]) => object)[] = [
  Array,
  Map,
  Set,
  WeakMap,
  Date,
  RegExp,
  Error,
  Promise,
  ArrayBuffer,
  AbortSignal,
]

/**
 * The user's dependencies as one part of a process sees them: every call of a method is a call across the border of the
 * process, and so are those of what it answers. Data comes through as it is.
 */
export function throughBorder<Deps>(deps: Deps, reach: Reach): Deps {
  return standIn(deps, '', reach) as Deps
}

function standIn(value: unknown, path: string, reach: Reach): unknown {
  if (value === reach.clock) return reach.process.clock(reach.clock)
  if (typeof value === 'function') return callable(value as Method, undefined, path, reach)
  if (typeof value !== 'object' || value === null || isData(value)) return value
  const real: object = value
  const known = new Map<PropertyKey, { readonly of: unknown; readonly standIn: unknown }>()
  // The target is empty, since a proxy of a frozen object could show nothing but what the object has.
  return new Proxy(Object.create(Object.getPrototypeOf(real)) as object, {
    get(_, key) {
      const member: unknown = Reflect.get(real, key, real)
      const found = known.get(key)
      if (found !== undefined && found.of === member) return found.standIn
      const name = path === '' ? String(key) : `${path}.${String(key)}`
      const made =
        typeof member === 'function' ? callable(member as Method, real, name, reach) : standIn(member, name, reach)
      known.set(key, { of: member, standIn: made })
      return made
    },
    set: (_, key, member) => reach.process.isDead || Reflect.set(real, key, member, real),
    has: (_, key) => Reflect.has(real, key),
    ownKeys: () => Reflect.ownKeys(real),
    getOwnPropertyDescriptor(_, key) {
      const found = Reflect.getOwnPropertyDescriptor(real, key)
      return found && { ...found, configurable: true }
    },
  })
}

type Method = (...given: unknown[]) => unknown

/** Called on the real object: private members and built-ins know nobody else. */
function callable(method: Method, owner: object | undefined, path: string, reach: Reach): Method {
  const { process, from, asked } = reach
  const name = path === '' ? 'deps' : path
  return (...given) => {
    const call = (): unknown => {
      const made: unknown = Reflect.apply(method, owner, given.map(callbackIn(process)))
      return asked !== undefined && made instanceof Promise ? asked(made) : made
    }
    const answer = process.reach(`${name}() in ${from}`, call)
    return answer instanceof Promise
      ? answer.then((value: unknown) => fromCall(value, name, reach))
      : fromCall(answer, name, reach)
  }
}

function callbackIn(process: SimulatedProcess): (given: unknown) => unknown {
  return (given) => (typeof given === 'function' ? process.callback(given as Method) : given)
}

/** A connection, say, that the dependency hands out; results that are plain are recorded, and stay what they are. */
function fromCall(value: unknown, path: string, reach: Reach): unknown {
  if (typeof value !== 'object' || value === null || isPlain(value)) return value
  return standIn(value, `${path}()`, reach)
}

function isData(value: object): boolean {
  return ArrayBuffer.isView(value) || DATA.some((kind) => value instanceof kind)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return !Object.values(value).some((member) => typeof member === 'function')
}
