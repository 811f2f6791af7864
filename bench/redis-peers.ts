import { deepEqual, equal, rejects } from 'node:assert/strict'
import { Redis } from 'ioredis'
import { startRedis } from '../test/servers/redis.ts'
import { race } from './harness.ts'
import type { Library } from './library.ts'
import { installPeers } from './peers/install.ts'
import { mutexHold, redlockHold } from './peers/locks.ts'
import { contender, type Hold, LOCKS, lockHold, rawHold } from './redis.ts'

interface Rival {
  readonly name: string
  readonly hold: Hold
  /** Where it keeps the lock of a resource, if anybody may put another's there. */
  readonly key?: string
}

const CHECKED = 'checked'

/** The lock on Redis against the packages that most use, on the same server, each with a client of its own. */
export async function benchRedisPeers({ redisLock }: Library): Promise<void> {
  installPeers()
  const server = await startRedis()
  const clients: Redis[] = []
  const client = (): Redis => {
    const made = new Redis(server.url)
    clients.push(made)
    return made
  }
  const redlock = await redlockHold(client())
  const mutex = await mutexHold(client())
  const rivals: readonly Rival[] = [
    { name: 'SET NX PX, release by script, by hand', hold: rawHold(client()), key: `raw:${CHECKED}` },
    { name: 'redisLock', hold: lockHold(redisLock(client())) },
    { ...redlock, key: `redlock:${CHECKED}` },
    { ...mutex, key: `mutex:${CHECKED}` },
  ]
  try {
    for (const rival of rivals) await verify(rival, client())
    for (const callers of [1, 16]) {
      const many = callers > 1 ? 's' : ''
      await race(
        `Acquire and release on Redis, ${callers} caller${many}, a resource each (a ratio of throughputs)`,
        rivals.map(({ name, hold }) => contender(hold, callers, { name })),
        LOCKS,
      )
    }
  } finally {
    for (const each of clients) each.disconnect()
    await server.stop()
  }
}

/** Looks whether it takes a lock and gives it back, and leaves another's alone. */
async function verify({ hold, key }: Rival, client: Redis): Promise<void> {
  await hold(CHECKED)
  if (key === undefined) return
  await client.config('RESETSTAT')
  await hold(CHECKED)
  const stats = await client.info('commandstats')
  const calls = ['set', 'del'].map((name) => Number(stats.match(`cmdstat_${name}:calls=(\\d+)`)?.[1] ?? 0))
  deepEqual(calls, [1, 1], 'a lock is set once and deleted once')
  await client.set(key, 'another', 'PX', 5_000)
  await rejects(hold(CHECKED), 'what another holds is refused')
  equal(await client.get(key), 'another')
  await client.del(key)
}
