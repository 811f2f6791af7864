import { expect, test } from 'vitest'
import { explore, type Model } from './explore.ts'

/** Counts from 0 to 6 or 7 in steps of 1 or 2. */
const counter: Model<number> = {
  initial: 0,
  actions: (n) => (n >= 6 ? [] : [1, 2].map((by) => ({ label: `+${by}`, next: n + by }))),
  keyOf: String,
}
const anyEnd = { name: 'ends', holds: (n: number) => n >= 6 }

test('the explorer visits every state once', () => {
  expect(explore(counter, { invariants: [], settled: anyEnd })).toEqual({
    states: 8,
    moves: 12,
    settled: 2,
    violation: undefined,
  })
})

test('the explorer gives the shortest way to a violation', () => {
  const claims = { invariants: [{ name: 'is below 5', holds: (n: number) => n < 5 }], settled: anyEnd }
  expect(explore(counter, claims).violation).toEqual({ name: 'is below 5', path: ['+1', '+2', '+2'] })
})

test('an invariant is asked for every move, also for one into a state that is known already', () => {
  const claims = {
    invariants: [{ name: 'by 1', holds: (n: number, before: number) => n - before < 2 }],
    settled: anyEnd,
  }
  expect(explore(counter, claims).violation).toEqual({ name: 'by 1', path: ['+2'] })
})

test('an end that is not settled is a violation', () => {
  const claims = { invariants: [], settled: { name: 'ends at 6', holds: (n: number) => n === 6 } }
  expect(explore(counter, claims).violation?.path.at(-1)).toBe('+2')
})

test('a state that runs in circles and can never settle is a violation', () => {
  const circling: Model<number> = {
    initial: 0,
    actions: (n) =>
      n === 0
        ? [
            { label: 'home', next: 9 },
            { label: 'astray', next: 1 },
          ]
        : n === 9
          ? []
          : [{ label: 'round', next: 3 - n }],
    keyOf: String,
  }
  const settled = { name: 'comes home', holds: (n: number) => n === 9 }
  expect(explore(circling, { invariants: [], settled }).violation).toEqual({ name: 'comes home', path: ['astray'] })
})

test('a model that grows without end is refused', () => {
  const endless: Model<number> = { initial: 0, actions: (n) => [{ label: '+', next: n + 1 }], keyOf: String }
  const claims = { invariants: [], settled: { name: 'ends', holds: () => true } }
  expect(() => explore(endless, claims, 100)).toThrow(RangeError)
})
