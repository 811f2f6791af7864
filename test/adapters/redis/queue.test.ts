import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Lease } from 'phasegate'
import { redisLock } from 'phasegate/redis'
import { expect, inject, test } from 'vitest'
import { describeWith, redisClient } from '../../servers/index.ts'
import { newPrefix, took, waiting } from './stage.ts'

const NOW = { ttlMs: 15_000, waitMs: 0 }
const PATIENT = { ttlMs: 15_000, waitMs: 20_000 }
const busy = expect.objectContaining({ code: 'RESOURCE_BUSY' })

describeWith('redis', 'the queue for a resource on Redis', () => {
  test('serves in the order of asking, over several clients', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const locks = [1, 2, 3].map(() => redisLock(redisClient(onTestFinished), { prefix }))
    const first = await redisLock(client, { prefix }).acquire('r', NOW)
    const served: number[] = []
    const all: Promise<void>[] = []
    for (let place = 0; place < 9; place++) {
      const lock = locks[place % 3]
      all.push(
        (async () => {
          const lease = await lock?.acquire('r', PATIENT)
          served.push(place)
          await lease?.release()
        })(),
      )
      await waiting(client, prefix, 'r', place + 1)
    }
    await first.release()
    await Promise.all(all)
    expect(served).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('lets no newcomer pass, whether it would wait or not', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const [one, two, three] = [redisClient(onTestFinished), redisClient(onTestFinished), redisClient(onTestFinished)]
    const first = await redisLock(one, { prefix }).acquire('r', NOW)
    const next = redisLock(two, { prefix }).acquire('r', PATIENT)
    await waiting(one, prefix, 'r', 1)
    // As if it had run out in this moment: whoever comes now meets a free resource, and a queue.
    await one.hset(`${prefix}{r}`, 'until', '0')
    await expect(redisLock(three, { prefix }).acquire('r', NOW)).rejects.toEqual(busy)
    expect((await next).epoch).toBeGreaterThan(first.epoch)
  })

  test('notices a release in another process within 100 ms', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const [one, two] = [redisClient(onTestFinished), redisClient(onTestFinished)]
    const slowest: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      const lease = await redisLock(one, { prefix }).acquire('r', PATIENT)
      const next = redisLock(two, { prefix, random: () => 0.999 }).acquire('r', PATIENT)
      await pause(300)
      await lease.release()
      slowest.push(await took(next))
      await (await next).release()
    }
    expect(slowest.sort((a, b) => a - b)[2]).toBeLessThan(100)
  })

  test('passes a resource on within a process without a pause', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const lock = redisLock(redisClient(onTestFinished), { prefix, clock: { ...stopped() } })
    const first = await lock.acquire('r', NOW)
    const next = lock.acquire('r', PATIENT)
    await waiting(redisClient(onTestFinished), prefix, 'r', 1)
    await first.release()
    await next
  })

  test('does not wait for a waiter that has died', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const dying = new Redis(inject('redis')?.url ?? '')
    const first = await redisLock(client, { prefix }).acquire('r', NOW)
    const dead = redisLock(dying, { prefix }).acquire('r', PATIENT)
    await waiting(client, prefix, 'r', 1)
    dying.disconnect()
    await expect(dead).rejects.toMatchObject({ code: 'LOCK_FAILED' })
    await first.release()
    expect(await took(redisLock(client, { prefix }).acquire('r', PATIENT))).toBeLessThan(3_000)
  })

  test('forgets who was aborted or has lost patience', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const lock = redisLock(client, { prefix })
    const first = await lock.acquire('r', NOW)
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = lock.acquire('r', { ...PATIENT, signal: controller.signal })
    const impatient = lock.acquire('r', { ttlMs: 1_000, waitMs: 100 })
    await waiting(client, prefix, 'r', 2)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await expect(impatient).rejects.toMatchObject({ code: 'RESOURCE_BUSY', facts: { resource: 'r' } })
    await waiting(client, prefix, 'r', 0)
    await first.release()
    await lock.acquire('r', NOW)
    expect(await client.keys(`${prefix}*`)).toEqual([`${prefix}{r}`])
  })

  test('gives back what was granted to one who was aborted meanwhile', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const lock = redisLock(redisClient(onTestFinished), { prefix })
    for (const waitMs of [0, 10_000]) {
      const controller = new AbortController()
      const asked = lock.acquire('r', { ttlMs: 60_000, waitMs, signal: controller.signal })
      setImmediate(() => controller.abort(new Error('enough')))
      await expect(asked).rejects.toThrow('enough')
      const next: Lease = await lock.acquire('r', { ttlMs: 60_000, waitMs: 1_000 })
      await next.release()
    }
  })
})

/** A clock whose timers never fire. */
function stopped() {
  return { now: () => 0, monotonic: () => performance.now(), timer: () => () => undefined }
}
