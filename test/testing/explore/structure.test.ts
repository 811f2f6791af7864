import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explore, type Model } from '../../../src/testing/explore/index.ts'
import { Sequences } from '../../../src/testing/explore/sequences.ts'

/** How many states these are: each is one to begin with, and nothing happens in it. */
function count(...states: readonly unknown[]): number {
  const model: Model<unknown, never> = { init: states, actions: () => [], next: (state) => state }
  return explore(model, []).states
}

test('the order of members does not count, of lists it does', () => {
  expect(count({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(1)
  expect(count(new Set([1, 'x', [2]]), new Set([[2], 1, 'x']))).toBe(1)
  expect(
    count(
      new Map<unknown, unknown>([
        ['a', { x: 1 }],
        [{ k: 1 }, 2],
      ]),
      new Map<unknown, unknown>([
        [{ k: 1 }, 2],
        ['a', { x: 1 }],
      ]),
    ),
  ).toBe(1)
  expect(count([1, 2], [2, 1])).toBe(2)
})

test('what looks alike is told apart', () => {
  const alike: readonly unknown[][] = [
    [1, '1', 1n, true, [1], { 1: 1 }, new Set([1]), new Map([[1, 1]])],
    [undefined, null, 'undefined', 'null', Number.NaN, 'NaN'],
    [0, -0, false, '', '0', 0n],
    [{}, [], new Set(), new Map(), { a: undefined }, { b: undefined }, [undefined], Array(1)],
    [{ a: undefined }, { a: null }, {}],
    [{ a: { b: 1 } }, { a: 1, b: {} }, { a: { b: '1' } }],
    [[[1], 2], [1, [2]], [[1, 2]], [1, 2], ['1,2']],
    [['a', 'b'], ['ab'], ['a,b'], ['a', 'b', undefined]],
    [new Map([['a', 'b']]), new Map([['b', 'a']]), new Set(['a', 'b']), new Set([['a', 'b']])],
    [
      2 ** 27 - 1,
      2 ** 27,
      -(2 ** 27),
      -(2 ** 27) - 1,
      2 ** 31,
      -(2 ** 31),
      2 ** 53,
      0.5,
      -0.5,
      Number.POSITIVE_INFINITY,
    ],
    [2n ** 80n, 2n ** 80n + 1n, 0n, -1n],
  ]
  for (const states of alike) {
    expect(count(...states)).toBe(states.length)
    expect(count(...states, ...states)).toBe(states.length)
  }
})

test('two states have one key exactly when they are deeply equal', () => {
  const value = fc.anything({
    withMap: true,
    withSet: true,
    withBigInt: true,
    withNullPrototype: false,
    withSparseArray: true,
    maxDepth: 3,
  })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (states) => {
      const distinct = states.filter(
        (state, index) => !states.slice(0, index).some((other) => isDeepStrictEqual(state, other)),
      )
      expect(count(...states)).toBe(distinct.length)
    }),
    { numRuns: 300 },
  )
})

test('many names and long states keep their own keys', () => {
  const dictionaries = Array.from({ length: 200 }, (_, n) => ({
    [`k${n % 100}`]: 1,
    [`l${n % 7}`]: 2,
    [`m${n % 3}`]: 3,
  }))
  expect(count(...dictionaries)).toBe(new Set(dictionaries.map((each) => JSON.stringify(each))).size)
  const long = (last: number): readonly number[] => [...Array.from({ length: 300_000 }, (_, n) => n), last]
  expect(count(long(1), long(2), long(1), [1], [2])).toBe(4)
})

test('what has no exact key is refused, naming its place', () => {
  class Clock {}
  const circle: { self?: unknown } = {}
  circle.self = circle
  const refused = (state: unknown): unknown => {
    try {
      return count(state)
    } catch (error) {
      const { code, facts } = error as { code: string; facts: { path: string; found: string } }
      return [code, facts.path, facts.found]
    }
  }
  expect(refused({ a: [1, () => 1] })).toEqual(['STATE_UNKEYED', 'state.a[1]', 'a function'])
  expect(refused({ a: new Date(0) })).toEqual(['STATE_UNKEYED', 'state.a', 'an instance of Date'])
  expect(refused([new Clock()])).toEqual(['STATE_UNKEYED', 'state[0]', 'an instance of Clock'])
  expect(refused(new Map([['a', Symbol('x')]]))).toEqual(['STATE_UNKEYED', 'state{…}', 'a symbol'])
  expect(refused({ [Symbol('x')]: 1 })).toEqual(['STATE_UNKEYED', 'state', 'an object with symbol keys'])
  expect(refused({ a: { b: circle } })).toEqual(['STATE_UNKEYED', 'state.a.b.self', 'a circle'])
})

test('sequences are compared in full: to have one hash is not to be one', () => {
  const sequences = new Sequences()
  const tokens = new Int32Array(2)
  const most = 400
  // So many pairs that, of 2³² hashes, some are had by two of them.
  for (let one = 0; one < most; one++) {
    for (let other = 0; other < most; other++) {
      tokens.set([one * 7_919, other * 104_729])
      sequences.add(tokens, 0, 2)
    }
  }
  expect(sequences.size).toBe(most * most)
  tokens.set([7_919, 104_729])
  expect(sequences.find(tokens, 0, 2)).toBe(most + 1)
})
