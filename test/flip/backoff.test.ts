import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../../src/flip/backoff.ts'

const most = (): number => 1

test('the longest wait doubles with every failure, from the base up to the cap', () => {
  const waits = [1, 2, 3, 4, 5, 6].map((failures) => backoffMs(failures, { baseMs: 100, capMs: 1_000 }, most))
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('a wait is clamped first and jittered after: at the cap it is still spread', () => {
  expect(backoffMs(50, { baseMs: 100, capMs: 1_000 }, () => 0.25)).toBe(250)
})

test('a wait may be no wait at all', () => {
  expect(backoffMs(3, { baseMs: 100, capMs: 1_000 }, () => 0)).toBe(0)
})

test('however many failures, a wait is a finite number between 0 and the cap, in proportion to chance', () => {
  const cases = {
    failures: fc.integer({ min: 1, max: 100_000 }),
    baseMs: fc.integer({ min: 0, max: 60_000 }),
    capMs: fc.integer({ min: 0, max: 3_600_000 }),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }
  fc.assert(
    fc.property(fc.record(cases), ({ failures, baseMs, capMs, chance }) => {
      const longest = backoffMs(failures, { baseMs, capMs }, most)
      expect(longest).toBeGreaterThanOrEqual(0)
      expect(longest).toBeLessThanOrEqual(capMs)
      expect(backoffMs(failures, { baseMs, capMs }, () => chance)).toBe(chance * longest)
    }),
  )
})

test('a wait never gets shorter with one more failure, chance being equal', () => {
  const cases = { failures: fc.integer({ min: 1, max: 2_000 }), baseMs: fc.nat(60_000), capMs: fc.nat(3_600_000) }
  fc.assert(
    fc.property(fc.record(cases), ({ failures, baseMs, capMs }) => {
      const wait = (count: number): number => backoffMs(count, { baseMs, capMs }, most)
      expect(wait(failures + 1)).toBeGreaterThanOrEqual(wait(failures))
    }),
  )
})
