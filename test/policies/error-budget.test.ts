import { errorBudget } from 'phasegate/policies'
import { expect, test } from 'vitest'
import { asked, told } from './asked.ts'

const now = asked('2026-11-21T12:00:00Z')

test.each([
  [0.25, true],
  [1, true],
  [0.249, '24.9% of the error budget is left; at least 25% is needed'],
  [0, '0% of the error budget is left; at least 25% is needed'],
  [-0.125, 'the error budget is overspent by 12.5%; at least 25% is needed'],
  [
    1.01,
    'the error budget is not known: its source says 1.01; it must be a number up to 1 (a share, not a percentage)',
  ],
  [35, 'the error budget is not known: its source says 35; it must be a number up to 1 (a share, not a percentage)'],
  [Number.NaN, 'the error budget is not known: its source says NaN; it must be a number up to 1'],
  [Number.NEGATIVE_INFINITY, 'the error budget is not known: its source says -Infinity; it must be a number up to 1'],
  ['0.9', 'the error budget is not known: its source says "0.9"; it must be a number up to 1'],
  [undefined, 'the error budget is not known: its source says undefined; it must be a number up to 1'],
  [true, 'the error budget is not known: its source says true; it must be a number up to 1'],
])('a source that says %s, where a quarter is needed: %s', async (left, answer) => {
  const later = errorBudget({ remaining: async () => left as number, atLeast: 0.25 })
  const atOnce = errorBudget({ remaining: () => left as number, atLeast: 0.25 })
  expect([await told(later, now), await told(atOnce, now)]).toEqual([answer, answer])
})

test.each([
  () => Promise.reject(new Error('the store of metrics is away')),
  () => {
    throw new Error('the store of metrics is away')
  },
])('a source that throws is a no', async (remaining) => {
  const reason = 'the error budget is not known: the store of metrics is away'
  expect(await told(errorBudget({ remaining, atLeast: 0 }), now)).toBe(reason)
})

test('a number that is given serves, and nothing overspent may be asked for', async () => {
  expect(await told(errorBudget({ remaining: 0.5, atLeast: 0.5 }), now)).toBe(true)
  expect(await told(errorBudget({ remaining: 0, atLeast: 0 }), now)).toBe(true)
  expect(await told(errorBudget({ remaining: -0.01, atLeast: 0 }), now)).toContain('overspent by 1%')
})

test('the source is asked with the context of the guard', async () => {
  const remaining = ({ subject }: { readonly subject: string }): number => (subject === 'db-7' ? 1 : 0)
  expect(await told(errorBudget({ remaining, atLeast: 1 }), now)).toBe(true)
})

test.each([
  ['remaining', { atLeast: 0.1 }],
  ['remaining', { remaining: 35, atLeast: 0.1 }],
  ['remaining', { remaining: '0.5', atLeast: 0.1 }],
  ['atLeast', { remaining: 0.5 }],
  ['atLeast', { remaining: 0.5, atLeast: 25 }],
  ['atLeast', { remaining: 0.5, atLeast: -0.1 }],
  ['atLeast', { remaining: 0.5, atLeast: Number.NaN }],
  ['error budget.least', { remaining: 0.5, atLeast: 0.1, least: 1 }],
  ['remaining', undefined],
])('a wrong %s is refused by name when the policy is made', (option, options) => {
  expect(() => errorBudget(options as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
  )
})
