import type { Redis } from 'ioredis'
import type { Hold } from '../redis.ts'
import { TTL_MS } from '../redis.ts'
import { peer, VERSIONS } from './install.ts'

interface NamedHold {
  readonly name: string
  readonly hold: Hold
}

interface RedlockModule {
  readonly default: new (
    clients: readonly Redis[],
    settings: { readonly retryCount: number },
  ) => {
    acquire(resources: string[], ttlMs: number): Promise<{ release(): Promise<unknown> }>
  }
}

/** One server, no retries: who finds it held is refused. Under `redlock:`. */
export async function redlockHold(client: Redis): Promise<NamedHold> {
  const { default: Redlock } = await peer<RedlockModule>('redlock')
  const redlock = new Redlock([client], { retryCount: 0 })
  return {
    name: `redlock ${VERSIONS.redlock}`,
    hold: async (resource) => {
      const lock = await redlock.acquire([`redlock:${resource}`], TTL_MS)
      await lock.release()
    },
  }
}

interface SemaphoreModule {
  readonly Mutex: new (
    client: Redis,
    key: string,
    options: { readonly lockTimeout: number; readonly acquireAttemptsLimit: number },
  ) => { acquire(): Promise<void>; release(): Promise<void> }
}

/** With the refreshing that it does by default. Under `mutex:`. */
export async function mutexHold(client: Redis): Promise<NamedHold> {
  const { Mutex } = await peer<SemaphoreModule>('redis-semaphore')
  return {
    name: `redis-semaphore ${VERSIONS['redis-semaphore']}, Mutex`,
    hold: async (resource) => {
      const mutex = new Mutex(client, resource, { lockTimeout: TTL_MS, acquireAttemptsLimit: 1 })
      await mutex.acquire()
      await mutex.release()
    },
  }
}
