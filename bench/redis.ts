import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Lock } from '../src/ports/index.ts'
import { startRedis } from '../test/servers/redis.ts'
import { type Contender, race, timedAsync } from './harness.ts'
import type { Library } from './library.ts'

/** Takes a resource and gives it back. */
export type Hold = (resource: string) => Promise<void>

export const TTL_MS = 15_000
export const LOCKS = { rounds: 21, sampleMs: 150, ratioOf: 'throughput' } as const

/** What everybody writes by hand: no epoch, no queue, this machine's word for how long it holds. */
export function rawHold(client: Redis): Hold {
  const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`
  client.defineCommand('giveBack', { numberOfKeys: 1, lua: RELEASE })
  const { giveBack } = client as unknown as { giveBack(key: string, token: string): Promise<number> }
  return async (resource) => {
    const token = randomUUID()
    const key = `raw:${resource}`
    if ((await client.set(key, token, 'PX', TTL_MS, 'NX')) !== 'OK') throw new Error(`${resource} is held`)
    await giveBack.call(client, key, token)
  }
}

export function lockHold(lock: Lock): Hold {
  return async (resource) => {
    const lease = await lock.acquire(resource, { ttlMs: TTL_MS, waitMs: 0 })
    await lease.release()
  }
}

/** A contender in which each of `callers` holds a resource of its own, again and again. */
export function contender(hold: Hold, callers: number, about: Pick<Contender, 'name' | 'aim'>): Contender {
  const call = async (caller: number, times: number): Promise<void> => {
    for (let left = times; left > 0; left--) await hold(`r${caller}`)
  }
  const sample = timedAsync(async (times) => {
    const each = Math.ceil(times / callers)
    await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller, each)))
  })
  return { ...about, sample }
}

/** The lock on Redis against what one writes by hand, on the same server, each with a client of its own. */
export async function benchRedis({ redisLock }: Library): Promise<void> {
  const server = await startRedis()
  const clients = [new Redis(server.url), new Redis(server.url)] as const
  const raw = rawHold(clients[0])
  const ours = lockHold(redisLock(clients[1]))
  for (const [callers, aim] of [
    [1, '≥ 0.95×'],
    [16, '≥ 1.2×'],
  ] as const) {
    await race(
      `Acquire and release on Redis, ${callers} ${callers === 1 ? 'caller' : 'callers'}, a resource each (a ratio of throughputs)`,
      [
        contender(raw, callers, { name: 'SET NX PX, release by script, by hand' }),
        contender(ours, callers, { name: 'redisLock', aim }),
      ],
      LOCKS,
    )
  }
  for (const client of clients) client.disconnect()
  await server.stop()
}
