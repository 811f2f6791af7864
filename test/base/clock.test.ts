import { expect, test, vi } from 'vitest'
import { sleep, systemClock } from '../../src/base/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

test('a virtual clock stands still until it is advanced', async () => {
  const clock = virtualClock(1_000_000)
  expect([clock.now(), clock.monotonic()]).toEqual([1_000_000, 0])
  await clock.advance(250)
  expect([clock.now(), clock.monotonic()]).toEqual([1_000_250, 250])
})

test('timers fire in the order they fall due, each at its own time', async () => {
  const clock = virtualClock()
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name}@${clock.monotonic()}`)
  clock.timer(30, note('c'))
  clock.timer(10, note('a'))
  clock.timer(10, note('b'))
  await clock.advance(20)
  expect(fired).toEqual(['a@10', 'b@10'])
  expect(clock.pending()).toBe(1)
  await clock.advance(10)
  expect(fired.at(-1)).toBe('c@30')
  expect(clock.pending()).toBe(0)
})

test('a timer set by another one within the time advanced fires as well', async () => {
  const clock = virtualClock()
  const at: number[] = []
  const tick = (): void => {
    at.push(clock.monotonic())
    void Promise.resolve().then(() => clock.timer(10, tick))
  }
  clock.timer(10, tick)
  await clock.advance(35)
  expect(at).toEqual([10, 20, 30])
})

test('a stopped timer does not fire; stopping again does nothing', async () => {
  const clock = virtualClock()
  const fire = vi.fn()
  const stop = clock.timer(10, fire)
  stop()
  stop()
  await clock.advance(20)
  expect(fire).not.toHaveBeenCalled()
})

test('a sleep ends in its time, and leaves nothing on its signal', async () => {
  const clock = virtualClock()
  const { signal } = new AbortController()
  const remove = vi.spyOn(signal, 'removeEventListener')
  const slept = sleep(clock, 100, { signal })
  await clock.advance(100)
  await slept
  expect(remove).toHaveBeenCalledOnce()
  expect(clock.pending()).toBe(0)
})

test('a sleep ends at once with the reason of its signal, before and while it sleeps', async () => {
  const clock = virtualClock()
  const controller = new AbortController()
  const slept = sleep(clock, 100, { signal: controller.signal })
  controller.abort('enough')
  await expect(slept).rejects.toBe('enough')
  await expect(sleep(clock, 100, { signal: controller.signal })).rejects.toBe('enough')
  expect(clock.pending()).toBe(0)
})

test('the clock of the machine cuts what is longer than a timer can be into legs', () => {
  vi.useFakeTimers()
  try {
    const fire = vi.fn()
    const stop = systemClock.timer(2 ** 31 + 1_000, fire)
    systemClock.timer(2 ** 31 + 1_000, fire, { background: true })
    vi.advanceTimersByTime(2 ** 31 + 1_000)
    expect(fire).not.toHaveBeenCalled()
    stop()
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
  } finally {
    vi.useRealTimers()
  }
})

test('the clock of the machine never goes back', () => {
  const seen = Array.from({ length: 100 }, () => systemClock.monotonic())
  expect([...seen].sort((a, b) => a - b)).toEqual(seen)
})

test.each([
  [10, 11],
  [10.2, 12],
  [0.5, 2],
])('a timer of %d ms asks setTimeout for %d, which may come one too early', (ms, asked) => {
  vi.useFakeTimers()
  try {
    const fire = vi.fn()
    systemClock.timer(ms, fire)
    vi.advanceTimersByTime(asked - 1)
    expect(fire).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(1)
    expect(fire).toHaveBeenCalledOnce()
  } finally {
    vi.useRealTimers()
  }
})
