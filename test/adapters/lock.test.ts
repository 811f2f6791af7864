import { expect, test } from 'vitest'
import { memoryLock } from '../../src/adapters/memory/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

const NOW = { ttlMs: 1_000, waitMs: 0 }

test('who waits is served in the order of asking', async () => {
  const lock = memoryLock({ clock: virtualClock() })
  const first = await lock.acquire('r', NOW)
  const served: number[] = []
  const waiting = [1, 2, 3].map(async (place) => {
    const lease = await lock.acquire('r', { ttlMs: 1_000, waitMs: 10_000 })
    served.push(place)
    await lease.release()
  })
  await first.release()
  await Promise.all(waiting)
  expect(served).toEqual([1, 2, 3])
})

test('there is a timer only while somebody waits, and one for all who wait', async () => {
  const clock = virtualClock()
  const lock = memoryLock({ clock })
  const lease = await lock.acquire('r', NOW)
  expect(clock.pending()).toBe(0)
  const waiting = [1, 2].map(() => lock.acquire('r', { ttlMs: 1_000, waitMs: 500 }).catch((error) => error.facts))
  expect(clock.pending()).toBe(1)
  await clock.advance(500)
  expect(await Promise.all(waiting)).toEqual(Array(2).fill({ resource: 'r', waitedMs: 500 }))
  expect(clock.pending()).toBe(0)
  expect(await lease.renew(1_000)).toBe(true)
})

test('a lease renewed while others wait is kept from them for as long', async () => {
  const clock = virtualClock()
  const lock = memoryLock({ clock })
  const lease = await lock.acquire('r', NOW)
  let isServed = false
  const waiting = lock.acquire('r', { ttlMs: 1_000, waitMs: 60_000 }).then(() => {
    isServed = true
  })
  for (let turn = 0; turn < 5; turn++) {
    await clock.advance(600)
    expect(await lease.renew(1_000)).toBe(true)
  }
  expect(isServed).toBe(false)
  await clock.advance(1_000)
  await waiting
})

test('an aborted signal is heard before and while waiting', async () => {
  const lock = memoryLock({ clock: virtualClock() })
  const reason = new Error('enough')
  await expect(lock.acquire('r', { ...NOW, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const lease = await lock.acquire('r', NOW)
  const controller = new AbortController()
  const waiting = lock.acquire('r', { ttlMs: 1_000, waitMs: 60_000, signal: controller.signal })
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await lease.release()
  expect((await lock.acquire('r', NOW)).epoch).toBeGreaterThan(lease.epoch)
})
