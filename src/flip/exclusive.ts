import type { Lease, Lock } from '../ports/index.ts'

/**
 * Holds every resource, or none. They are asked for in the order of their names, so that two flips that need the same
 * ones never wait for each other.
 * @throws RESOURCE_BUSY
 */
export async function holdAll(
  lock: Lock,
  resources: readonly string[],
  { ttlMs, waitMs }: { readonly ttlMs: number; readonly waitMs: number },
): Promise<readonly Lease[]> {
  const held: Lease[] = []
  try {
    for (const resource of [...resources].sort()) held.push(await lock.acquire(resource, { ttlMs, waitMs }))
    return held
  } catch (error) {
    await releaseAll(held)
    throw error
  }
}

/** Gives the resources back. One that cannot be given back now runs out by itself. */
export async function releaseAll(leases: readonly Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => lease.release()))
}
