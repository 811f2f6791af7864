import { expect, test } from 'vitest'
import { Pacer } from '../../../src/testing/simulate/pacer.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'

const paced = () => {
  const clock = virtualClock()
  return { clock, pacer: new Pacer(clock, () => new Promise((resolve) => setImmediate(resolve)), 100) }
}

test('time passes from timer to timer, until what is waited for has come', async () => {
  const { clock, pacer } = paced()
  const later = new Promise<string>((resolve) => clock.timer(100, () => clock.timer(50, () => resolve('here'))))
  clock.timer(1_000, () => undefined)
  expect(await pacer.until(later, 'it')).toBe('here')
  expect(clock.monotonic()).toBe(150)
})

test('two that wait at once take no time from each other', async () => {
  const { clock, pacer } = paced()
  const after = (ms: number) => new Promise<number>((resolve) => clock.timer(ms, () => resolve(clock.monotonic())))
  expect(
    await Promise.all([pacer.until(after(30), 'one'), pacer.until(after(10), 'other'), pacer.advance(20)]),
  ).toEqual([30, 10, undefined])
})

test('what nothing can bring about is told, and not waited for', async () => {
  const { pacer } = paced()
  const stalled = { code: 'SIMULATION_STALLED', facts: { waited: 'flip "drain"' } }
  await expect(pacer.until(new Promise(() => undefined), 'flip "drain"')).rejects.toMatchObject(stalled)
})

test('nor is what timers only put off', async () => {
  const { clock, pacer } = paced()
  const again = (): void => void clock.timer(1, again)
  again()
  await expect(pacer.until(new Promise(() => undefined), 'it')).rejects.toMatchObject({ code: 'SIMULATION_STALLED' })
})
