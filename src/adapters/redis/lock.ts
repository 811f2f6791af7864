import { randomUUID } from 'node:crypto'
import { PhasegateError } from '../../base/index.ts'
import type { Clock, Lease, Lock } from '../../ports/index.ts'
import { busy } from '../resident/index.ts'
import { type Ask, Asks } from './asks.ts'
import { type RedisLike, senderOf } from './client.ts'
import { keyOf, parseOptions, parseResource, type RedisLockOptions } from './options.ts'
import { Waiting } from './waiting.ts'

type AcquireOptions = Parameters<Lock['acquire']>[1]

/** Who waits looks again after the first, and twice as long each time up to the most; a quarter more or less by chance. */
const LOOK = { firstMs: 8, mostMs: 64 }

/**
 * A lock among all who use the same Redis. First come, first served. Leases are judged by Redis' clock, and epochs grow
 * even after Redis has lost its memory. The client is used, and never closed.
 *
 * @example createGate(chart, { journal, lock: redisLock(new Redis()) })
 * @throws OPTION_INVALID
 */
export function redisLock(client: RedisLike, options: RedisLockOptions = {}): Lock {
  const { prefix, timeoutMs, clock, random } = parseOptions(options)
  return new RedisLock(new Asks(senderOf(client), clock, timeoutMs), prefix, clock, random)
}

/** What is asked under one token, for one resource. */
interface Claim {
  readonly resource: string
  readonly token: string
  readonly key: string
  readonly ttlMs: number
}

class RedisLock implements Lock {
  readonly #asks: Asks
  readonly #prefix: string
  readonly #clock: Clock
  readonly #random: () => number
  readonly #waiting: Waiting

  constructor(asks: Asks, prefix: string, clock: Clock, random: () => number) {
    this.#asks = asks
    this.#prefix = prefix
    this.#clock = clock
    this.#random = random
    this.#waiting = new Waiting(clock)
  }

  async acquire(name: string, { ttlMs, waitMs, signal }: AcquireOptions): Promise<Lease> {
    const resource = parseResource(name)
    signal?.throwIfAborted()
    const key = keyOf(this.#prefix, resource)
    // The store's lease is never shorter than the holder's.
    const claim = { resource, token: randomUUID(), key, ttlMs: Math.ceil(ttlMs) }
    const taking = waitMs > 0 ? this.#queue(claim, waitMs, signal) : this.#take(claim, signal)
    return signal === undefined ? taking : orAborted(taking, signal)
  }

  async #take(claim: Claim, signal: AbortSignal | undefined): Promise<Lease> {
    const answer = await this.#look('take', claim, signal)
    if (answer > 0) return this.#lease(claim, answer)
    throw busy(claim.resource, 0)
  }

  async #queue(claim: Claim, waitMs: number, signal: AbortSignal | undefined): Promise<Lease> {
    const since = this.#clock.monotonic()
    const place = this.#waiting.enter(claim.resource)
    try {
      for (let pauseMs = LOOK.firstMs; ; pauseMs = Math.min(LOOK.mostMs, pauseMs * 2)) {
        const answer = await this.#look('queue', claim, signal)
        if (answer > 0) return this.#lease(claim, answer)
        const waitedMs = this.#clock.monotonic() - since
        if (waitedMs >= waitMs) {
          this.#leave(claim)
          throw busy(claim.resource, waitedMs)
        }
        const jitteredMs = pauseMs * (0.75 + this.#random() / 2)
        const heldMs = answer < 0 ? 1 - answer : jitteredMs
        await place.pause(Math.min(jitteredMs, heldMs, waitMs - waitedMs), signal)
      }
    } finally {
      place.leave()
    }
  }

  /** Asks once. Whatever it was given that nobody will use is given back. */
  async #look(what: 'take' | 'queue', claim: Claim, signal: AbortSignal | undefined): Promise<number> {
    const { resource, ttlMs } = claim
    const askedAtMs = this.#clock.monotonic()
    try {
      signal?.throwIfAborted()
      const answer = await this.#ask(what, claim)
      signal?.throwIfAborted()
      if (answer <= 0 || this.#clock.monotonic() - askedAtMs < ttlMs) return answer
      const cause = 'the answer came when the lease had run out'
      throw new PhasegateError('LOCK_FAILED', `cannot take the lease on "${resource}": ${cause}`, { resource, cause })
    } catch (error) {
      this.#leave(claim)
      throw error
    }
  }

  #ask(what: Ask['what'], { resource, key, token, ttlMs }: Claim): Promise<number> {
    return this.#asks.ask({ what, resource, key, token, ttlMs })
  }

  /** Nobody waits for it: what cannot be given back now runs out by itself. */
  #leave(claim: Claim): void {
    this.#ask('leave', claim).then(
      (given) => void (given > 0 && this.#waiting.wake(claim.resource)),
      () => undefined,
    )
  }

  #lease(claim: Claim, epoch: number): Lease {
    let isLost = false
    return {
      resource: claim.resource,
      epoch,
      renew: async (ttlMs) => {
        isLost ||= (await this.#ask('renew', { ...claim, ttlMs: Math.ceil(ttlMs) })) === 0
        return !isLost
      },
      release: async () => {
        await this.#ask('release', claim)
        this.#waiting.wake(claim.resource)
      },
    }
  }
}

/** What is still under way when the signal aborts ends by itself, and gives back what it gets. */
function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    const done = (): void => signal.removeEventListener('abort', aborted)
    promise.finally(done).then(resolve, reject)
  })
}
