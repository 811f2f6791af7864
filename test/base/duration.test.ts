import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describe, formatMs, parseDuration, textOf } from '../../src/base/index.ts'

test.each([
  [0, 0],
  [250, 250],
  [1.5, 1.5],
  ['250ms', 250],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%o is a duration of %d ms', (given, ms) => {
  expect(parseDuration(given, 'wait')).toBe(ms)
})

const wrong: unknown[] = [
  -1,
  '-1s',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '10',
  '10 s',
  's',
  '1e3ms',
  '10S',
  '1.s',
  '.5s',
  '10sec',
  ' 10s',
  '10s\n',
  `${'9'.repeat(400)}d`,
  null,
  undefined,
  true,
  [],
  {},
  10n,
  Symbol('s'),
  () => 1,
]
test.each(wrong)('%o is no duration, and the option is named', (given) => {
  const facts = { option: 'wait', value: describe(given), expected: 'a duration' }
  expect(() => parseDuration(given, 'wait')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', facts }))
})

test.each([
  [0, '0ms'],
  [999.4, '999ms'],
  [1_000, '1s'],
  [1_500, '1.5s'],
  [59_900, '59.9s'],
  [60_000, '1m'],
  [5_400_000, '1.5h'],
  [259_200_000, '72h'],
])('%d ms is shown as %s', (ms, shown) => expect(formatMs(ms)).toBe(shown))

test('any value can be described, shortly, and become text that can be recorded', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true }), (value) => {
      expect(describe(value).length).toBeLessThan(400)
      expect(textOf(value).isWellFormed()).toBe(true)
    }),
  )
  expect(describe(Object.create(null))).toBe('an object')
  expect(describe('x'.repeat(100))).toBe(`"${'x'.repeat(57)}..."`)
  expect(textOf(Object.create(null))).toBe('a value without text')
})
