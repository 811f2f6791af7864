import { describe, expect, test } from 'vitest'
import { type Moment, SimulatedProcess } from '../../../src/testing/simulate/process.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function living(at: (moment: Moment, process: SimulatedProcess) => void = () => undefined) {
  const moments: string[] = []
  const died: string[] = []
  const process = new SimulatedProcess('p', {
    met(moment, whose) {
      moments.push(`${moment.when} ${moment.place}`)
      at(moment, whose)
    },
    died: ({ name }) => died.push(name),
  })
  return { process, moments, died }
}

/** What was heard of a promise by now. */
async function heardOf(answer: Promise<unknown>): Promise<unknown> {
  const unheard = Symbol('unheard')
  await settled()
  const heard = await Promise.race([answer, Promise.resolve(unheard)])
  return heard === unheard ? 'unheard' : heard
}

describe('a living process', () => {
  test('reaches out, and hears, with a moment before and after', async () => {
    const { process, moments } = living()
    expect(process.reach('a', () => 1)).toBe(1)
    expect(await process.reach('b', async () => 2)).toBe(2)
    await expect(process.reach('c', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(moments).toEqual(['before a', 'after a', 'before b', 'after b', 'before c', 'after c'])
  })

  test('is told what it looked at without a moment', async () => {
    const { process, moments } = living()
    expect(await process.look(async () => 3)).toBe(3)
    expect(moments).toEqual([])
  })
})

describe('a dead process', () => {
  test('calls nothing, and hears nothing', async () => {
    const { process } = living()
    const called: string[] = []
    const answer = process.reach('a', async () => 'late')
    process.kill()
    expect(await heardOf(answer)).toBe('unheard')
    const calling = process.reach('b', async () => called.push('b'))
    expect(await heardOf(calling)).toBe('unheard')
    expect(called).toEqual([])
  })

  test.each(['before', 'after'] as const)('that dies %s a call has made it or not', async (when) => {
    const { process } = living((moment, whose) => moment.when === when && whose.kill())
    const called: string[] = []
    const call = process.reach('a', async () => called.push('a'))
    expect(await heardOf(call)).toBe('unheard')
    expect(called).toEqual(when === 'after' ? ['a'] : [])
  })

  test('has no timers and no callbacks any more, and tells of its death once', async () => {
    const { process, died } = living()
    const world = virtualClock()
    const clock = process.clock(world)
    const fired: string[] = []
    clock.timer(10, () => fired.push('timer'))
    const callback = process.callback(() => fired.push('callback'))
    process.kill()
    process.kill()
    clock.timer(1, () => fired.push('set when dead'))
    callback()
    await world.advance(100)
    await process.death
    expect(fired).toEqual([])
    expect(world.pending()).toBe(0)
    expect(died).toEqual(['p'])
  })

  test('cannot be woken', async () => {
    const { process } = living()
    process.kill()
    process.sleep()
    process.wake()
    expect(process.isDead).toBe(true)
  })
})

describe('a sleeping process', () => {
  test('calls, hears, and sees its timers when it wakes up, in order', async () => {
    const { process } = living()
    const world = virtualClock()
    const order: string[] = []
    const hears = process.reach('a', async () => 'answer').then((value) => order.push(value))
    process.sleep()
    process.clock(world).timer(10, () => order.push('timer'))
    const calls = process.reach('b', async () => order.push('call'))
    await world.advance(100)
    expect(order).toEqual([])
    process.wake()
    await Promise.all([hears, calls])
    expect(order.toSorted()).toEqual(['answer', 'call', 'timer'])
    expect(order[0], 'what was called first goes out first').toBe('call')
  })

  test('hears of a call that fails only then', async () => {
    const { process } = living()
    process.sleep()
    const call = process.reach('a', () => {
      throw new Error('no')
    }) as unknown as Promise<never>
    expect(await heardOf(call.catch((error: Error) => error.message))).toBe('unheard')
    process.wake()
    expect(await heardOf(call.catch((error: Error) => error.message))).toBe('no')
  })

  test('may fall asleep in the middle of a call', async () => {
    const { process } = living((moment, whose) => moment.when === 'before' && whose.sleep())
    const called: string[] = []
    const call = process.reach('a', async () => called.push('a'))
    expect(await heardOf(call)).toBe('unheard')
    expect(called).toEqual([])
    process.wake()
    expect(await call).toBe(1)
  })

  test('that is killed never wakes up', async () => {
    const { process } = living()
    process.sleep()
    const called: string[] = []
    const call = process.reach('a', async () => called.push('a'))
    process.kill()
    process.wake()
    expect(await heardOf(call)).toBe('unheard')
    expect(called).toEqual([])
  })
})
