import type { Lease, Lock } from 'phasegate'
import { type LockHarness, virtualClock } from 'phasegate/testing'
import { mapLock } from '../lock.ts'
import type { Broken } from './bend.ts'

type Acquire = Lock['acquire']

function bent(name: string, breaks: number, acquire: (lock: Lock) => Acquire): Broken<LockHarness> {
  return {
    name,
    breaks,
    harness: () => {
      const clock = virtualClock()
      return { lock: { acquire: acquire(mapLock(clock)) }, clock }
    },
  }
}

/** Changes every lease that is given out. */
const leases =
  (change: (lease: Lease) => Partial<Lease>) =>
  (lock: Lock): Acquire =>
  async (resource, options) => {
    const lease = await lock.acquire(resource, options)
    return { ...lease, ...change(lease) }
  }

/** Looks at the resource, and not at whose lease it is, when something is given back. */
function releasing(lock: Lock): Acquire {
  const current = new Map<string, Lease>()
  return async (resource, options) => {
    const lease = await lock.acquire(resource, options)
    current.set(resource, lease)
    return { ...lease, release: async () => current.get(resource)?.release() }
  }
}

/** Counts from one again whenever a resource has become free. */
function forgetful(lock: Lock): Acquire {
  let epoch = 0
  return async (resource, options) => {
    const lease = await lock.acquire(resource, options)
    const release = async (): Promise<void> => {
      epoch = 0
      await lease.release()
    }
    return { ...lease, epoch: ++epoch, release }
  }
}

/** Tells the caller, and goes on waiting. */
function orAborted(acquiring: Promise<Lease>, signal: AbortSignal | undefined): Promise<Lease> {
  return new Promise((resolve, reject) => {
    acquiring.then(resolve, reject)
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

/** What can be wrong with a lock. */
export const brokenLocks: readonly Broken<LockHarness>[] = [
  bent('lets everybody in', 1, (lock) => (_, options) => lock.acquire(String(Math.random()), options)),
  bent('folds the case of names', 1, (lock) => async (resource, options) => {
    const lease = await lock.acquire(resource.toLowerCase(), options)
    return { ...lease, resource }
  }),
  bent(
    'does not take back what is released',
    1,
    leases(() => ({ release: async () => undefined })),
  ),
  bent(
    'gives every lease the same epoch',
    2,
    leases(() => ({ epoch: 1 })),
  ),
  bent('forgets its epochs with the last who held', 2, forgetful),
  bent(
    'renews what has run out',
    3,
    leases(() => ({ renew: async () => true })),
  ),
  bent(
    'never renews',
    3,
    leases(() => ({ renew: async () => false })),
  ),
  bent('lets an earlier holder release its successor', 3, releasing),
  bent('never waits', 4, (lock) => (resource, options) => lock.acquire(resource, { ...options, waitMs: 0 })),
  bent(
    'serves who has given up',
    4,
    (lock) => (resource, options) =>
      orAborted(lock.acquire(resource, { ...options, signal: undefined }), options.signal),
  ),
]
