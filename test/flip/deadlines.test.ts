import { expect, test } from 'vitest'
import { Deadlines } from '../../src/flip/deadlines.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

function setUp() {
  const clock = virtualClock()
  const passed: string[] = []
  const deadlines = new Deadlines(clock)
  const add = (ms: number, name: string) => deadlines.add(ms, () => passed.push(`${name} at ${clock.monotonic()}`))
  return { clock, passed, deadlines, add }
}

test('each deadline passes at its own time, whatever the order they were set in', async () => {
  const { clock, passed, add } = setUp()
  add(300, 'last')
  add(100, 'first')
  add(200, 'second')
  await clock.advance(1_000)
  expect(passed).toEqual(['first at 100', 'second at 200', 'last at 300'])
})

test('a deadline that was stopped does not pass, and the others do', async () => {
  const { clock, passed, add } = setUp()
  const stop = add(100, 'stopped')
  add(200, 'other')
  await clock.advance(50)
  stop()
  stop()
  await clock.advance(1_000)
  expect(passed).toEqual(['other at 200'])
})

test('any number of deadlines need one timer', async () => {
  const { clock, add } = setUp()
  for (let ms = 1_000; ms > 0; ms -= 10) add(ms, 'many')
  expect(clock.pending()).toBe(1)
  await clock.advance(0)
  expect(clock.pending()).toBe(1)
})

test('a shorter deadline, set while a longer one is watched, passes in time', async () => {
  const { clock, passed, add } = setUp()
  add(1_000, 'long')
  await clock.advance(10)
  add(50, 'short')
  await clock.advance(50)
  expect(passed).toEqual(['short at 60'])
})

test('when the last deadline is stopped no timer is left', async () => {
  const { clock, add } = setUp()
  const stops = [add(100, 'one'), add(200, 'two')]
  await clock.advance(1)
  for (const stop of stops) stop()
  expect(clock.pending()).toBe(0)
})

test('a deadline set by one that passes is watched as well', async () => {
  const { clock, passed, deadlines } = setUp()
  deadlines.add(100, () => deadlines.add(100, () => passed.push(`next at ${clock.monotonic()}`)))
  await clock.advance(300)
  expect(passed).toEqual(['next at 200'])
})

test('a deadline of no time at all passes in the next turn, not at once', async () => {
  const { clock, passed, add } = setUp()
  add(0, 'now')
  expect(passed).toEqual([])
  await clock.advance(0)
  expect(passed).toEqual(['now at 0'])
})
