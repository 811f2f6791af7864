/**
 * A resource held for a time.
 * `epoch` is the fencing token: larger than that of every earlier holder.
 */
export interface Lease {
  readonly resource: string
  readonly epoch: number
  /** Prolongs the lease by `ttlMs` from now; false, for good, once it was lost. */
  renew(ttlMs: number): Promise<boolean>
  /** Gives the resource back. Releasing a lease that was lost changes nothing. */
  release(): Promise<void>
}

/**
 * 1. At most one live lease a resource.
 * 2. Epochs of a resource grow and never repeat.
 * 3. An expired holder can neither renew nor release its successor.
 * 4. `acquire` waits at most `waitMs`, first come first served where the store can, then rejects with `RESOURCE_BUSY`.
 */
export interface Lock {
  acquire(
    resource: string,
    options: { readonly ttlMs: number; readonly waitMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Lease>
}
