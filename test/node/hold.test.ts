import { expect, test } from 'vitest'
import { Hold } from '../../src/node/traffic/hold.ts'

test('what comes during a hold is kept, and goes on in order when it ends', () => {
  const hold = new Hold()
  const gone: number[] = []
  expect(hold.keeps(() => gone.push(0))).toBe(false)
  hold.begin()
  expect([hold.keeps(() => gone.push(1)), hold.keeps(() => gone.push(2))]).toEqual([true, true])
  expect([hold.size, gone]).toEqual([2, []])
  hold.end()
  expect([hold.size, gone]).toEqual([0, [1, 2]])
  expect(hold.keeps(() => gone.push(3))).toBe(false)
})
