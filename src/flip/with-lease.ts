import {
  type Clock,
  callable,
  type Duration,
  duration,
  known,
  label,
  limit,
  PhasegateError,
  sleep,
  systemClock,
} from '../base/index.ts'
import type { Lease, Lock } from '../ports/index.ts'
import { Heart, Tenure } from './tenure.ts'

export interface WithLeaseOptions {
  /** After this silence of the holder others may have the resource. @default '15s' */
  readonly ttl?: Duration | undefined
  /** How long to wait for others to give it back. @default 0 */
  readonly wait?: Duration | undefined
  /** Ends the waiting; and aborts the signal of the routine. */
  readonly signal?: AbortSignal | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** What a routine has to know of the resource that it works on. */
export interface HeldLease {
  readonly resource: string
  /** The fencing token: hand it to whatever can refuse an older one. */
  readonly epoch: number
  /** Aborts with `LEASE_LOST` when the lease is lost, or with the reason of the signal that was given. */
  readonly signal: AbortSignal
  /**
   * To be called before each effect. Judged by the clock at once, also when the event loop was blocked.
   * @throws LEASE_LOST
   */
  assertHeld(): void
}

/**
 * Calls `routine` while it holds the resource. The lease is renewed every third of `ttl`, counted on for two thirds of
 * it, and given back in the end; once lost it stays lost. The routine's own error wins; what it returned counts only if
 * the lease was held to the end.
 *
 * @example await withLease(redisLock(redis), 'nightly-report', { wait: '10s' }, ({ epoch }) => store(report, epoch))
 * @throws RESOURCE_BUSY, LEASE_LOST, LOCK_FAILED, OPTION_INVALID
 */
export async function withLease<Result>(
  lock: Lock,
  resource: string,
  options: WithLeaseOptions,
  routine: (lease: HeldLease) => Result | Promise<Result>,
): Promise<Result> {
  const settings = parse(lock, resource, options, routine)
  const { lease, askedAtMs } = await acquire(lock, settings)
  const { held, end } = hold(lease, settings, askedAtMs)
  try {
    const result = await routine(held)
    held.assertHeld()
    return result
  } finally {
    await end()
  }
}

interface Settings {
  readonly resource: string
  readonly ttlMs: number
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

function parse(lock: Lock, resource: unknown, options: unknown, routine: unknown): Settings {
  const given = known(options, 'lease options', ['ttl', 'wait', 'signal', 'clock'])
  callable(lock?.acquire, 'lock.acquire')
  callable(routine, 'the routine')
  return {
    resource: label(resource, 'the name of a resource'),
    ttlMs: limit(given.ttl, 'ttl', '15s'),
    waitMs: duration(given.wait, 'wait', 0),
    signal: given.signal as AbortSignal | undefined,
    clock: (given.clock as Clock | undefined) ?? systemClock,
  }
}

/** Waiting uses the lease up, as counted from before it was asked for: what was waited for is renewed. */
async function acquire(
  lock: Lock,
  { resource, ttlMs, waitMs, signal, clock }: Settings,
): Promise<{ readonly lease: Lease; readonly askedAtMs: number }> {
  const askedAtMs = clock.monotonic()
  const lease = await lock.acquire(resource, { ttlMs, waitMs, signal })
  const renewedAtMs = clock.monotonic()
  if (renewedAtMs - askedAtMs < ttlMs / 6) return { lease, askedAtMs }
  try {
    if (await lease.renew(ttlMs)) return { lease, askedAtMs: renewedAtMs }
  } catch (error) {
    void giveBack(lease, ttlMs, clock)
    throw error
  }
  throw lossOf(lease, 'had run out when the answer came')
}

interface Hold {
  readonly held: HeldLease
  /** The routine has ended. Whatever it has left running holds nothing any more. */
  readonly end: () => Promise<void>
}

function hold(lease: Lease, { ttlMs, clock, signal }: Settings, askedAtMs: number): Hold {
  const { resource, epoch } = lease
  const controller = new AbortController()
  let fate = 'could not be renewed in time; another may have taken over'
  const lost = (): void => controller.abort(lossOf(lease, fate))
  const tenure = new Tenure({ resource, epoch, ttlMs, clock, renew: async () => lease.renew(ttlMs), lost }, askedAtMs)
  const stopBeating = new Heart(clock, ttlMs).add(() => tenure.beat())
  const aborted = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) aborted()
  signal?.addEventListener('abort', aborted, { once: true })
  const assertHeld = (): void => {
    if (!tenure.isHeld()) throw lossOf(lease, fate)
  }
  const end = async (): Promise<void> => {
    stopBeating()
    signal?.removeEventListener('abort', aborted)
    fate = 'was given back when its routine had ended'
    tenure.lose()
    await giveBack(lease, ttlMs, clock)
  }
  return { held: { resource, epoch, signal: controller.signal, assertHeld }, end }
}

/** What cannot be given back by the time it has run out needs not be. */
async function giveBack(lease: Lease, ttlMs: number, clock: Clock): Promise<void> {
  const done = new AbortController()
  const release = async (): Promise<void> => lease.release()
  await Promise.race([release(), sleep(clock, ttlMs, { signal: done.signal })]).catch(() => undefined)
  done.abort()
}

function lossOf({ resource, epoch }: Lease, fate: string): PhasegateError<'LEASE_LOST'> {
  const message = `the lease on "${resource}" (epoch ${epoch}) ${fate}`
  return new PhasegateError('LEASE_LOST', message, { resource, epoch })
}
