import { describe, expect, test } from 'vitest'
import { isInTime, limitMs, problemsOf } from './judge.ts'
import type { Outcome } from './run.ts'
import { OURS } from './service/ours.ts'

const KEPT: Outcome = {
  contender: 'phasegate',
  mode: 'keep-alive',
  delayMs: 0,
  seed: '1',
  answeredBefore: 100,
  answeredAfter: 100,
  lost: [],
  unsent: 0,
  errors: 0,
  refused: 96,
  mayBeRefused: 96,
  closes: { 1012: 3 },
  echoesOwed: 0,
  exit: 0,
  exitMs: 2_000,
  slowestMs: 600,
  lameDuckMs: 1_000,
  log: [],
}

describe('a run of a service of ours', () => {
  test('that lost nothing and exited in time with 0 has no problems', () => {
    expect(problemsOf(KEPT)).toEqual([])
  })

  test('may take the slowest request, the lame duck, the linger and half a second', () => {
    const limit = 600 + 1_000 + OURS.linger + 500
    expect(limitMs(KEPT)).toBe(limit)
    expect(isInTime({ ...KEPT, exitMs: limit }, 0)).toBe(true)
    expect(isInTime({ ...KEPT, exitMs: limit + 1 }, 0)).toBe(false)
    expect(isInTime({ ...KEPT, exitMs: limit + 1 }, 1)).toBe(true)
    expect(problemsOf({ ...KEPT, exitMs: limit + 1 })).toEqual([`exit after ${limit + 1} ms, not ${limit}`])
  })

  test('has a problem with each loss, 5xx, refusal of too many, wrong code and silent end of a WebSocket', () => {
    expect(problemsOf({ ...KEPT, lost: ['/answer/0/7: reset'] })).toEqual(['1 lost: /answer/0/7: reset'])
    expect(problemsOf({ ...KEPT, errors: 2 })).toEqual(['2 answered with 5xx'])
    expect(problemsOf({ ...KEPT, refused: 97 })).toEqual(['97 refused, of 96 that may be'])
    expect(problemsOf({ ...KEPT, exit: 1 })).toEqual(['exit 1'])
    expect(problemsOf({ ...KEPT, exit: undefined })).toEqual(['exit by force'])
    expect(problemsOf({ ...KEPT, closes: { 1012: 2, 1006: 1 } })).toEqual(['WebSockets closed with 1006'])
  })
})
