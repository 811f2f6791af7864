import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type Clock, withLease } from 'phasegate'
import { redisLock } from 'phasegate/redis'
import { expect, test } from 'vitest'
import { describeWith, redisClient, startRedis } from '../../servers/index.ts'
import { block, newPrefix, until } from './stage.ts'

const NOW = { ttlMs: 15_000, waitMs: 0 }
const TTL = 150
const lost = expect.objectContaining({ code: 'LEASE_LOST' })
const held = expect.objectContaining({ code: 'RESOURCE_BUSY' })

describeWith('redis', 'a lease on Redis', () => {
  test('is known to be lost at once after a blocked event loop, and another has it', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const lock = redisLock(redisClient(onTestFinished), { prefix })
    const running = withLease(lock, 'r', { ttl: TTL }, ({ assertHeld, signal }) => {
      assertHeld()
      block(TTL)
      expect(assertHeld).toThrow(lost)
      expect(signal.reason).toEqual(lost)
    })
    await expect(running).rejects.toEqual(lost)
    await lock.acquire('r', NOW)
  })

  test('that another client has overwritten is lost, and giving it back changes nothing', async ({
    onTestFinished,
  }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const lock = redisLock(client, { prefix })
    const lease = await lock.acquire('r', NOW)
    await client.hset(`${prefix}{r}`, 'holder', 'a thief')
    expect(await lease.renew(15_000)).toBe(false)
    await lease.release()
    expect(await client.hget(`${prefix}{r}`, 'holder')).toBe('a thief')
    await expect(lock.acquire('r', NOW)).rejects.toEqual(held)
  })

  test('that was stolen from a routine is lost with its next heartbeat', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const lock = redisLock(client, { prefix })
    const running = withLease(lock, 'r', { ttl: 300 }, async ({ signal, assertHeld }) => {
      await client.hset(`${prefix}{r}`, 'holder', 'a thief')
      await until(() => signal.aborted)
      expect(assertHeld).toThrow(lost)
    })
    await expect(running).rejects.toEqual(lost)
    expect(await client.hget(`${prefix}{r}`, 'holder')).toBe('a thief')
  })

  test('is neither lost nor prolonged by a wall clock that jumps an hour', async ({ onTestFinished }) => {
    let offsetMs = 0
    const clock: Clock = {
      now: () => Date.now() + offsetMs,
      monotonic: () => performance.now(),
      timer: (ms, fire) => {
        const handle = setTimeout(fire, ms)
        return () => clearTimeout(handle)
      },
    }
    const prefix = newPrefix()
    const lock = redisLock(redisClient(onTestFinished), { prefix, clock })
    await withLease(lock, 'r', { ttl: 300, clock }, async ({ assertHeld }) => {
      for (const jumpMs of [3_600_000, -3_600_000, 0]) {
        offsetMs = jumpMs
        await pause(200)
        assertHeld()
        await expect(lock.acquire('r', NOW)).rejects.toEqual(held)
      }
    })
    const lease = await lock.acquire('r', { ttlMs: TTL, waitMs: 0 })
    offsetMs = -3_600_000
    await pause(TTL + 1)
    expect(await lease.renew(TTL)).toBe(false)
    await lock.acquire('r', NOW)
  })

  test('of a stale owner neither ends nor prolongs that of its successor', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const [one, two] = [redisClient(onTestFinished), redisClient(onTestFinished)]
    const stale = await redisLock(one, { prefix }).acquire('r', { ttlMs: 50, waitMs: 0 })
    const fresh = await redisLock(two, { prefix }).acquire('r', { ttlMs: 300, waitMs: 5_000 })
    expect(fresh.epoch).toBeGreaterThan(stale.epoch)
    expect(await stale.renew(60_000)).toBe(false)
    await stale.release()
    await expect(redisLock(one, { prefix }).acquire('r', NOW)).rejects.toEqual(held)
    await pause(301)
    expect(await fresh.renew(300)).toBe(false)
  })

  test('has a larger epoch than any before Redis lost its memory', async ({ onTestFinished }) => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const client = new Redis(server.url)
    onTestFinished(() => client.disconnect())
    client.on('error', () => undefined)
    const lock = redisLock(client)
    const epochs: number[] = []
    for (const forget of [() => client.flushall(), () => server.restart(), () => client.flushall()]) {
      for (let turn = 0; turn < 20; turn++) {
        const lease = await lock.acquire('r', NOW)
        epochs.push(lease.epoch)
        await lease.release()
      }
      await forget()
    }
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b))
    expect(epochs).toHaveLength(60)
  })

  test('is lost, too, when Redis has lost its memory', async ({ onTestFinished }) => {
    const client = redisClient(onTestFinished)
    const prefix = newPrefix()
    const lock = redisLock(client, { prefix })
    const lease = await lock.acquire('r', NOW)
    await client.del(`${prefix}{r}`)
    const next = await lock.acquire('r', NOW)
    expect(next.epoch).toBeGreaterThan(lease.epoch)
    expect(await lease.renew(15_000)).toBe(false)
    await lease.release()
    expect(await next.renew(15_000)).toBe(true)
  })

  test('can be taken, renewed and given back by a Redis that has forgotten the scripts', async ({ onTestFinished }) => {
    const client = redisClient(onTestFinished)
    const lock = redisLock(client, { prefix: newPrefix() })
    await client.script('FLUSH')
    const leases = await Promise.all(['a', 'b'].map((resource) => lock.acquire(resource, NOW)))
    const lease = await lock.acquire('c', { ...NOW, waitMs: 1_000 })
    await client.script('FLUSH')
    expect(await lease.renew(15_000)).toBe(true)
    await client.script('FLUSH')
    await Promise.all([...leases, lease].map((each) => each.release()))
    await lock.acquire('c', NOW)
  })

  test.each([
    ['a{b}c', 'a%7Bb%7Dc'],
    ['}{', '%7D%7B'],
    ['50%', '50%25'],
    ['nul\0', 'nul\0'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('on %j is kept under one hash tag', async (resource, tag) => {
    const calls: string[][] = []
    const call = (...args: string[]): Promise<unknown> => {
      calls.push(args)
      return Promise.resolve(1)
    }
    await redisLock({ call }).acquire(resource, { ttlMs: 15_000, waitMs: 1 })
    const key = `phasegate:{${tag}}`
    expect(calls[0]?.slice(2, 6)).toEqual(['3', key, `${key}:places`, `${key}:alive`])
  })
})
