import { PhasegateError } from '../base/index.ts'
import type { Lease, Lock } from '../ports/index.ts'
import type { Engine } from './engine.ts'

/**
 * Holds every resource, or none. They are asked for in the order of their names, so that two flips that need the same
 * ones never wait for each other. What is held beats while the next is waited for.
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
  const held: Lease[] = []
  const stop = heart.add(async () => void (await Promise.allSettled(held.map((lease) => lease.renew(ttlMs)))))
  try {
    for (const resource of [...resources].sort()) held.push(await lock.acquire(resource, { ttlMs, waitMs: leftMs() }))
    for (const lease of held.slice(0, -1)) if (!(await lease.renew(ttlMs))) throw lost(lease.resource, waitMs)
    return held
  } catch (error) {
    await releaseAll(held)
    throw error
  } finally {
    stop()
  }
}

/** Gives the resources back. One that cannot be given back now runs out by itself. */
export async function releaseAll(leases: readonly Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => lease.release()))
}

function lost(resource: string, waitedMs: number): PhasegateError<'RESOURCE_BUSY'> {
  const message = `"${resource}" was lost to another while the flip waited for the rest of what it needs`
  return new PhasegateError('RESOURCE_BUSY', message, { resource, waitedMs })
}
