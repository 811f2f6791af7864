import { Sequences } from './sequences.ts'
import { type Shape, Shapes } from './shapes.ts'
import { unkeyed } from './unkeyed.ts'

// Any plain value as a sequence of 32-bit tokens, the same for equal values and for no others. The order in which the
// members of an object, a Map or a Set were put in does not count; a member that is undefined is not one that is missing.
// No sequence begins with the whole of another, because what a value begins with says how much follows.

const WHOLE = 0
const TEXT = 1
const NUMBER = 2
const BIG = 3
const ATOM = 4
const LIST = 5
const OBJECT = 6
const MAP = 7
const SET = 8
const NODE = 9

const atom = (n: number): number => (n << 4) | ATOM
const UNDEFINED = atom(0)
const HOLE = atom(1)
const NULL = atom(2)
const TRUE = atom(3)
const FALSE = atom(4)
const MINUS_ZERO = atom(5)

/** Whole numbers below this fit into a token, beside its kind. */
const FITS = 2 ** 27
/** Nobody keeps states deeper than this, but one that holds itself. */
const DEEPEST = 500

/** Writes values, one after another; texts and numbers that were met before are met again as the same token. */
export class Structure {
  tokens: Int32Array = new Int32Array(1024)
  #length = 0
  #depth = 0
  #root: unknown
  readonly #texts = new Map<string, number>()
  readonly #numbers = new Map<number, number>()
  readonly #bigs = new Map<bigint, number>()
  readonly #shapes = new Shapes()
  readonly #nodes = new Sequences()

  /** Leaves the sequence in `tokens`, and tells its length. @throws STATE_UNKEYED for what is not plain */
  write(value: unknown): number {
    this.#length = 0
    this.#depth = 0
    this.#root = value
    this.#write(value)
    return this.#length
  }

  #push(token: number): void {
    if (this.#length === this.tokens.length) {
      const tokens = new Int32Array(this.tokens.length * 2)
      tokens.set(this.tokens)
      this.tokens = tokens
    }
    this.tokens[this.#length++] = token
  }

  #write(value: unknown): void {
    switch (typeof value) {
      case 'number':
        return this.#push(this.#numberToken(value))
      case 'string':
        return this.#push((numberIn(this.#texts, value) << 4) | TEXT)
      case 'boolean':
        return this.#push(value ? TRUE : FALSE)
      case 'undefined':
        return this.#push(UNDEFINED)
      case 'bigint':
        return this.#push((numberIn(this.#bigs, value) << 4) | BIG)
      case 'object':
        return value === null ? this.#push(NULL) : this.#writeInside(value)
      default:
        throw unkeyed(this.#root)
    }
  }

  #numberToken(value: number): number {
    if (value === 0) return Object.is(value, -0) ? MINUS_ZERO : WHOLE
    if (value === Math.floor(value) && value < FITS && value >= -FITS) return (value << 4) | WHOLE
    return (numberIn(this.#numbers, value) << 4) | NUMBER
  }

  #writeInside(value: object): void {
    if (++this.#depth > DEEPEST) throw unkeyed(this.#root)
    if (Array.isArray(value)) this.#writeList(value)
    else {
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype === Object.prototype || prototype === null) this.#writeObject(value as Members)
      else if (prototype === Set.prototype) this.#writeSet(value as ReadonlySet<unknown>)
      else if (prototype === Map.prototype) this.#writeMap(value as ReadonlyMap<unknown, unknown>)
      else throw unkeyed(this.#root)
    }
    this.#depth--
  }

  #writeList(items: readonly unknown[]): void {
    this.#push((items.length << 4) | LIST)
    for (let index = 0; index < items.length; index++) {
      const item = items[index]
      if (item === undefined && !(index in items)) this.#push(HOLE)
      else this.#write(item)
    }
  }

  #writeObject(value: Members): void {
    if (Object.getOwnPropertySymbols(value).length > 0) throw unkeyed(this.#root)
    const shape: Shape = this.#shapes.of(Object.keys(value))
    this.#push((shape.id << 4) | OBJECT)
    for (let index = 0; index < shape.sorted.length; index++) this.#write(value[shape.sorted[index] as string])
  }

  #writeSet(value: ReadonlySet<unknown>): void {
    this.#push((value.size << 4) | SET)
    const start = this.#length
    for (const item of value) this.#push(this.#token(item))
    this.tokens.subarray(start, this.#length).sort()
  }

  #writeMap(value: ReadonlyMap<unknown, unknown>): void {
    this.#push((value.size << 4) | MAP)
    const pairs = [...value].map(([key, item]) => [this.#token(key), this.#token(item)] as const)
    pairs.sort(([one], [other]) => one - other)
    for (const [key, item] of pairs) {
      this.#push(key)
      this.#push(item)
    }
  }

  /** Any value as one token: so that what has no order can be put into one. */
  #token(value: unknown): number {
    const start = this.#length
    this.#write(value)
    if (this.#length > start + 1) {
      const id = this.#nodes.add(this.tokens, start, this.#length)
      this.tokens[start] = (id << 4) | NODE
    }
    this.#length = start
    return this.tokens[start] as number
  }
}

type Members = Readonly<Record<string, unknown>>

function numberIn<Value>(numbers: Map<Value, number>, value: Value): number {
  const known = numbers.get(value)
  if (known !== undefined) return known
  const number = numbers.size
  numbers.set(value, number)
  return number
}
