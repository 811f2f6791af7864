import { PhasegateError } from '../base/index.ts'
import type { Lease, Lock } from '../ports/index.ts'
import type { Engine } from './engine.ts'

/**
 * Holds every resource, or none. They are asked for in the order of their names, so that two flips that need the same
 * ones never wait for each other. What is held beats while the next is waited for, and all of it is fresh in the end:
 * asked for, or renewed, within the last third of the ttl, since the flip will count on two thirds from then on.
 * @throws RESOURCE_BUSY
 */
export async function holdAll(
  lock: Lock,
  resources: readonly string[],
  { heart, clock, leaseTtlMs: ttlMs }: Engine,
  waitMs: number,
): Promise<readonly Lease[]> {
  if (resources.length === 0) return []
  const endsMs = clock.monotonic() + waitMs
  const leftMs = (): number => Math.max(0, endsMs - clock.monotonic())
  const held: { readonly lease: Lease; readonly askedAtMs: number }[] = []
  const stop = heart.add(async () => void (await Promise.allSettled(held.map(({ lease }) => lease.renew(ttlMs)))))
  try {
    for (const resource of [...resources].sort()) {
      const askedAtMs = clock.monotonic()
      held.push({ lease: await lock.acquire(resource, { ttlMs, waitMs: leftMs() }), askedAtMs })
    }
    const renewedAtMs = clock.monotonic()
    const stale = held.filter(({ askedAtMs }) => renewedAtMs - askedAtMs >= ttlMs / 6)
    await Promise.all(stale.map(({ lease }) => renewed(lease, ttlMs, waitMs)))
    const [first] = stale
    if (first !== undefined && clock.monotonic() - renewedAtMs >= ttlMs / 6) throw lost(first.lease.resource, waitMs)
    return held.map(({ lease }) => lease)
  } catch (error) {
    await releaseAll(held.map(({ lease }) => lease))
    throw error
  } finally {
    stop()
  }
}

async function renewed(lease: Lease, ttlMs: number, waitMs: number): Promise<void> {
  if (!(await lease.renew(ttlMs))) throw lost(lease.resource, waitMs)
}

/** Gives the resources back. One that cannot be given back now runs out by itself. */
export async function releaseAll(leases: readonly Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => lease.release()))
}

function lost(resource: string, waitedMs: number): PhasegateError<'RESOURCE_BUSY'> {
  const message = `"${resource}" was lost to another while the flip waited for the rest of what it needs`
  return new PhasegateError('RESOURCE_BUSY', message, { resource, waitedMs })
}
