import { expect, test } from 'vitest'
import { createLedger } from '../../../src/testing/simulate/ledger.ts'

test('an effect is made once a key, and its first result is given again', () => {
  const ledger = createLedger()
  let made = 0
  const take = (stepKey: string, epoch: number): number => ledger.take({ stepKey, epoch }, () => ++made)
  expect([take('a', 1), take('a', 1), take('a', 2), take('b', 2)]).toEqual([1, 1, 1, 2])
  expect(ledger.entries).toEqual([
    { stepKey: 'a', epoch: 1, result: 1 },
    { stepKey: 'b', epoch: 2, result: 2 },
  ])
})

test('who comes with an older epoch is refused, also with a key that is known', () => {
  const ledger = createLedger()
  ledger.take({ stepKey: 'a', epoch: 1 }, () => 1)
  ledger.take({ stepKey: 'b', epoch: 2 }, () => 2)
  const late = (stepKey: string) => () => ledger.take({ stepKey, epoch: 1 }, () => expect.fail('it was made'))
  expect(late('c')).toThrow(expect.objectContaining({ code: 'FENCED', facts: { subject: 'c', epoch: 1, current: 2 } }))
  expect(late('a')).toThrow(expect.objectContaining({ code: 'FENCED' }))
})

test('an effect that throws was not made', () => {
  const ledger = createLedger()
  const token = { stepKey: 'a', epoch: 1 }
  expect(() =>
    ledger.take(token, () => {
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(ledger.take(token, () => 'made')).toBe('made')
})
