import { describe, expect, test } from 'vitest'
import { exitCodeOf, onSignal } from '../../src/node/platform/index.ts'
import { Deadline, lameDuck, lingersUntil, pause } from '../../src/node/traffic/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

describe('lame duck', () => {
  const limits = { minMs: 500, quietMs: 1_000, maxMs: 10_000 }

  test('without any traffic it lasts its minimum', () => {
    expect(lameDuck(0, Number.POSITIVE_INFINITY, limits)).toEqual({ type: 'wait', ms: 500 })
    expect(lameDuck(500, Number.POSITIVE_INFINITY, limits)).toEqual({ type: 'end', because: 'quiet' })
  })

  test('a request starts the quiet time again', () => {
    expect(lameDuck(900, 300, limits)).toEqual({ type: 'wait', ms: 700 })
    expect(lameDuck(1_600, 1_000, limits)).toEqual({ type: 'end', because: 'quiet' })
  })

  test('quiet before the trigger counts, but not against the minimum', () => {
    expect(lameDuck(100, 950, limits)).toEqual({ type: 'wait', ms: 400 })
  })

  test('it waits no longer than its maximum, however busy it is', () => {
    expect(lameDuck(9_900, 0, limits)).toEqual({ type: 'wait', ms: 100 })
    expect(lameDuck(10_000, 0, limits)).toEqual({ type: 'end', because: 'max' })
  })

  test.each([0, 300, 1_000, 2_500, 4_500])(
    'on a virtual clock, a balancer that lags %d ms is waited for, and no longer, by one configuration',
    async (lagMs) => {
      const clock = virtualClock()
      let lastRequestMs = 0
      const traffic = (ms: number): void => {
        lastRequestMs = ms
        if (ms + 100 <= lagMs) clock.timer(100, () => traffic(ms + 100))
      }
      traffic(0)
      const ended = (async (): Promise<number> => {
        for (;;) {
          const decision = lameDuck(clock.monotonic(), clock.monotonic() - lastRequestMs, limits)
          if (decision.type === 'end') return clock.monotonic()
          await pause(clock, decision.ms, new AbortController().signal)
        }
      })()
      await clock.advance(20_000)
      expect(await ended).toBe(lagMs + limits.quietMs)
    },
  )
})

describe('linger', () => {
  const rule = { partedAtMs: 1_000, lingerMs: 5_000 }

  test('counts from the trigger for a connection that was idle before', () => {
    expect(lingersUntil(200, rule)).toBe(6_000)
  })

  test('counts from the last response for one that was busy', () => {
    expect(lingersUntil(3_000, rule)).toBe(8_000)
  })

  test('gives a connection that was never told goodbye a quarter of a second, even if nobody else gets one', () => {
    expect(lingersUntil(3_000, { ...rule, lingerMs: 0 })).toBe(3_250)
    expect(lingersUntil(200, { ...rule, lingerMs: 0 })).toBe(1_000)
  })
})

describe('signals', () => {
  test('the first one drains, whichever it is', () => {
    expect(onSignal('SIGTERM', [], [])).toBe('drain')
    expect(onSignal('SIGINT', [], ['SIGINT'])).toBe('drain')
  })

  test('SIGTERM again is ignored', () => {
    expect(onSignal('SIGTERM', ['SIGTERM'], ['SIGINT'])).toBe('ignore')
    expect(onSignal('SIGTERM', ['SIGINT', 'SIGTERM'], ['SIGINT'])).toBe('ignore')
  })

  test('the second SIGINT exits, and only the second', () => {
    expect(onSignal('SIGINT', ['SIGTERM'], ['SIGINT'])).toBe('ignore')
    expect(onSignal('SIGINT', ['SIGTERM', 'SIGINT'], ['SIGINT'])).toBe('exit')
    expect(onSignal('SIGINT', ['SIGINT'], ['SIGINT'])).toBe('exit')
  })
})

test('SIGTERM can be made to count twice as well', () => {
  expect(onSignal('SIGTERM', ['SIGTERM'], ['SIGTERM'])).toBe('exit')
  expect([exitCodeOf('SIGINT'), exitCodeOf('SIGTERM')]).toEqual([130, 143])
})

test('a deadline passes at the earliest moment that was set', async () => {
  const clock = virtualClock()
  const deadline = new Deadline(clock)
  deadline.within(10_000)
  await clock.advance(1_000)
  deadline.within(2_000)
  await clock.advance(1_999)
  expect(deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(deadline.signal.aborted).toBe(true)
  deadline.clear()
  expect(clock.pending()).toBe(0)
})
