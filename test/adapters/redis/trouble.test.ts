import { Redis } from 'ioredis'
import { type Lock, withLease } from 'phasegate'
import { type RedisLike, redisLock } from 'phasegate/redis'
import { createClient } from 'redis'
import { describe, expect, type TestContext, test } from 'vitest'
import { describeWith, redisClient, startRedis } from '../../servers/index.ts'
import { newPrefix, took, until } from './stage.ts'

const NOW = { ttlMs: 15_000, waitMs: 0 }
const failed = expect.objectContaining({ code: 'LOCK_FAILED' })
const lost = expect.objectContaining({ code: 'LEASE_LOST' })

type WhenFinished = TestContext['onTestFinished']

async function byIoredis(url: string, whenFinished: WhenFinished): Promise<RedisLike> {
  const client = new Redis(url)
  client.on('error', () => undefined)
  whenFinished(() => client.disconnect())
  return client
}

async function byNodeRedis(url: string, whenFinished: WhenFinished): Promise<RedisLike> {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  client.on('error', () => undefined)
  whenFinished(() => client.destroy())
  await client.connect()
  return client
}

describeWith('redis', 'a lock whose Redis is gone', () => {
  test.for([
    ['ioredis', byIoredis],
    ['node-redis', byNodeRedis],
  ] as const)(
    'is lost at ⅔ of the ttl, fails in time, and works when Redis is back: %s',
    async ([, connect], context) => {
      const server = await startRedis()
      context.onTestFinished(() => server.stop())
      const lock = redisLock(await connect(server.url, context.onTestFinished), { timeout: 300 })
      const running = withLease(lock, 'r', { ttl: 600 }, async ({ signal, assertHeld }) => {
        await server.kill()
        const killedAt = performance.now()
        assertHeld()
        await until(() => signal.aborted)
        expect(signal.reason).toEqual(lost)
        expect(performance.now() - killedAt).toBeLessThan(400 + 150)
        expect(assertHeld).toThrow(lost)
      })
      await expect(running).rejects.toEqual(lost)

      for (const waitMs of [0, 60_000]) {
        const asked = lock.acquire('r', { ttlMs: 15_000, waitMs })
        expect(await took(asked)).toBeLessThan(300 + 150)
        await expect(asked).rejects.toEqual(failed)
      }

      await server.restart()
      await until(async () => (await works(lock)) === true)
    },
  )

  test.for([
    ['ioredis', async (whenFinished: WhenFinished) => redisClient(whenFinished)],
    ['node-redis', async (whenFinished: WhenFinished, url: string) => byNodeRedis(url, whenFinished)],
  ] as const)('because its client was disconnected, is lost at ⅔ of the ttl: %s', async ([, connect], context) => {
    const { url } = await startRedisOf(context)
    const client = await connect(context.onTestFinished, url)
    const lock = redisLock(client, { prefix: newPrefix() })
    const running = withLease(lock, 'r', { ttl: 300 }, async ({ signal }) => {
      const at = performance.now()
      if (client instanceof Redis) client.disconnect()
      else (client as unknown as { destroy(): void }).destroy()
      await until(() => signal.aborted)
      expect(performance.now() - at).toBeLessThan(200 + 150)
    })
    await expect(running).rejects.toEqual(lost)
    await expect(lock.acquire('r', NOW)).rejects.toEqual(failed)
  })

  test('rejects what a holder asks, since no answer is not a no', async ({ onTestFinished }) => {
    const client = redisClient(onTestFinished)
    const lease = await redisLock(client, { prefix: newPrefix() }).acquire('r', NOW)
    client.disconnect()
    await expect(lease.renew(15_000)).rejects.toEqual(failed)
    await expect(lease.release()).rejects.toEqual(failed)
  })
})

async function startRedisOf({ onTestFinished }: TestContext) {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  return server
}

function works(lock: Lock): Promise<boolean> {
  return lock.acquire('r', NOW).then(
    () => true,
    () => false,
  )
}

describeWith('redis', 'what Redis refuses', () => {
  test('fails with its words, and spoils nothing that was asked with it', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    await client.set(`${prefix}{other}`, 'no hash')
    const lock = redisLock(client, { prefix })
    const [other, r] = await Promise.allSettled([lock.acquire('other', NOW), lock.acquire('r', NOW)])
    expect(other).toMatchObject({ reason: { code: 'LOCK_FAILED', facts: { resource: 'other' } } })
    expect(r.status).toBe('fulfilled')
    await expect(lock.acquire('other', NOW)).rejects.toThrow(/cannot acquire "other": .*WRONGTYPE/)
  })

  test('an answer that came too late is given back by whoever asked', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const slow: RedisLike = {
      call: async (command, ...args) => {
        const answer = await client.call(command, ...args)
        await new Promise((resolve) => setTimeout(resolve, 100))
        return answer
      },
    }
    await expect(redisLock(slow, { prefix, timeout: 50 }).acquire('r', NOW)).rejects.toThrow('no answer within 50ms')
    await expect(redisLock(slow, { prefix }).acquire('s', { ttlMs: 60, waitMs: 0 })).rejects.toThrow('had run out')
    const lock = redisLock(client, { prefix })
    for (const resource of ['r', 's']) await lock.acquire(resource, { ...NOW, waitMs: 1_000 })
  })
})

describe('a client', () => {
  test.each([
    undefined,
    null,
    'redis://localhost',
    {},
    { get: () => undefined },
    { sendCommand: (key: string, isReadonly: boolean, command: string[]) => [key, isReadonly, command] },
  ])('that is none of those known is refused: %j', (client) => {
    expect(() => redisLock(client as never)).toThrow(
      /^client is .*; it must be a client of ioredis, .*, or of node-redis/,
    )
  })

  test.each([
    [{ prefix: 'a{b}' }, 'prefix'],
    [{ timeout: 0 }, 'timeout'],
    [{ random: 4 }, 'random'],
    [{ tls: true }, 'redisLock options.tls'],
  ])('comes with options that are looked at: %j', (options, option) => {
    const client = { call: async () => 1 }
    expect(() => redisLock(client, options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
    )
  })

  test('is asked for resources with names only', async () => {
    const lock = redisLock({ call: async () => 1 })
    for (const name of ['', 'x'.repeat(256), '\ud800', 4])
      await expect(lock.acquire(name as string, NOW)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('of a cluster is asked for one resource at a time, once it has said so', async () => {
    const asked: number[] = []
    const call = async (_command: string, _script: string, keys = ''): Promise<unknown> => {
      asked.push(Number(keys))
      if (Number(keys) > 1) throw new Error("CROSSSLOT Keys in request don't hash to the same slot")
      return 1
    }
    const lock = redisLock({ call })
    const both = (): Promise<unknown> => Promise.all(['a', 'b'].map((resource) => lock.acquire(resource, NOW)))
    await both()
    await both()
    expect(asked).toEqual([2, 1, 1, 1, 1])
  })

  test('may give numbers as text, may throw instead of rejecting, and may answer nonsense', async () => {
    const answering = (call: () => unknown) => redisLock({ call: call as RedisLike['call' & keyof RedisLike] })
    expect((await answering(async () => '1763716171000123').acquire('r', NOW)).epoch).toBe(1_763_716_171_000_123)
    const broken = answering(() => {
      throw new Error('not connected')
    })
    await expect(broken.acquire('r', NOW)).rejects.toThrow('cannot acquire "r": not connected')
    for (const nonsense of [undefined, null, 'OK', [], {}])
      await expect(answering(async () => nonsense).acquire('r', NOW)).rejects.toEqual(failed)
  })
})
