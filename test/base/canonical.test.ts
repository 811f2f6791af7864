import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from '../../src/base/index.ts'

// -0 is the one number that JSON gives back as another.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))
const text = fc.string({ unit: 'grapheme' })
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.boolean(), number, text, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
}))

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .reverse()
    .map(([name, member]): [string, unknown] => [name, shuffled(member)])
  return Object.fromEntries([...members.slice(1), ...members.slice(0, 1)])
}

test('equal values have equal text, in whatever order their members were written', () => {
  fc.assert(fc.property(json, (value) => void expect(canonical(shuffled(value))).toBe(canonical(value))))
})

test('JSON gives back the value unchanged', () => {
  fc.assert(fc.property(json, (value) => void expect(JSON.parse(canonical(value))).toEqual(value)))
})

test('different values have different text', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      const isSame =
        JSON.stringify(shuffled(JSON.parse(canonical(one)))) === JSON.stringify(shuffled(JSON.parse(canonical(other))))
      expect(canonical(one) === canonical(other)).toBe(isSame)
    }),
  )
})

test('it is compact, sorted by code unit, and leaves out what is undefined', () => {
  const value = { b: [1, 'x', null, true], a: undefined, é: 2, Z: { y: -0.5, x: 1e21 } }
  expect(canonical(value)).toBe('{"Z":{"x":1e+21,"y":-0.5},"b":[1,"x",null,true],"é":2}')
})

test('a member called __proto__ is a member like any other', () => {
  expect(canonical(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
})

test('the same object twice is no circle', () => {
  const shared = { x: 1 }
  expect(canonical([shared, shared])).toBe('[{"x":1},{"x":1}]')
})

const circle: unknown[] = []
circle.push({ circle })
class Point {}

test.each([
  ['value', undefined, 'undefined'],
  ['value', Number.NaN, 'NaN'],
  ['value.x', { x: Number.POSITIVE_INFINITY }, 'Infinity'],
  ['value[1]', [1, undefined], 'undefined'],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is refused here
  ['value[0]', [, 1], 'undefined'],
  ['value.a.b[0]', { a: { b: [1n] } }, 'a bigint'],
  ['value.f', { f: () => 1 }, 'a function'],
  ['value.s', { s: Symbol('s') }, 'a symbol'],
  ['value', { [Symbol('s')]: 1 }, 'an object with symbol keys'],
  ['value', new Date(0), 'an instance of Date'],
  ['value', new Map(), 'an instance of Map'],
  ['value', new Uint8Array(1), 'an instance of Uint8Array'],
  ['value.p', { p: new Point() }, 'an instance of Point'],
  ['value', new (class {})(), 'an instance of a class'],
  ['value.t', { t: '\ud83d' }, 'text with a lone surrogate'],
  ['value.\ud83d', { '\ud83d': 1 }, 'text with a lone surrogate'],
  ['value[0].circle', circle, 'a circle'],
])('it refuses %s', (path, value, found) => {
  const facts = { path, found }
  expect(() => canonical(value)).toThrow(expect.objectContaining({ code: 'NOT_SERIALISABLE', facts }))
})

test('it names what it was given, and not what is in it', () => {
  expect(() => canonical({ password: 'x', at: 1n }, 'the input')).toThrow('the input.at is a bigint; only what JSON')
})

test('a getter is read once, so that what was checked is what is written', () => {
  let reads = 0
  const tricky = Object.defineProperty({}, 'x', { enumerable: true, get: () => (++reads === 1 ? 1 : () => 0) })
  expect(canonical(tricky)).toBe('{"x":1}')
})
