import { systemClock } from '../../base/index.ts'
import type { Clock, Lease, Lock, Stop } from '../../ports/index.ts'
import { busy } from '../resident/index.ts'

export interface MemoryLockOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** A lock among the gates of one process. First come, first served. */
export function memoryLock(options: MemoryLockOptions = {}): Lock {
  return new MemoryLock(options.clock ?? systemClock)
}

type AcquireOptions = Parameters<Lock['acquire']>[1]

interface Holder {
  readonly epoch: number
  until: number
}

interface Waiter {
  readonly since: number
  readonly until: number
  readonly ttlMs: number
  readonly grant: (holder: Holder) => void
  readonly refuse: (waitedMs: number) => void
}

/** A resource somebody holds or waits for. */
interface Resource {
  readonly name: string
  holder: Holder | undefined
  readonly waiters: Set<Waiter>
  stopTimer: Stop | undefined
}

class MemoryLock implements Lock {
  readonly #clock: Clock
  readonly #resources = new Map<string, Resource>()
  /** One counter for all resources: epochs never repeat although idle resources are forgotten. */
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  acquire(name: string, options: AcquireOptions): Promise<Lease> {
    const { signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const resource = this.#resource(name)
      const since = this.#clock.monotonic()
      const leave = (): void => {
        resource.waiters.delete(waiter)
        signal?.removeEventListener('abort', aborted)
      }
      const aborted = (): void => {
        leave()
        reject(signal?.reason)
        this.#serve(resource)
      }
      const waiter: Waiter = {
        since,
        until: since + options.waitMs,
        ttlMs: options.ttlMs,
        grant: (holder) => {
          leave()
          resolve(this.#lease(resource, holder))
        },
        refuse: (waitedMs) => {
          leave()
          reject(busy(name, waitedMs))
        },
      }
      resource.waiters.add(waiter)
      signal?.addEventListener('abort', aborted, { once: true })
      this.#serve(resource)
    })
  }

  #resource(name: string): Resource {
    let resource = this.#resources.get(name)
    if (resource === undefined) {
      resource = { name, holder: undefined, waiters: new Set(), stopTimer: undefined }
      this.#resources.set(name, resource)
    }
    return resource
  }

  /** Brings a resource up to date: the first waiter gets it if it is free, those out of time are told, the rest wait. */
  #serve(resource: Resource): void {
    resource.stopTimer?.()
    resource.stopTimer = undefined
    const now = this.#clock.monotonic()
    if (!isLive(resource.holder, now)) {
      resource.holder = undefined
      const [first] = resource.waiters
      if (first !== undefined) {
        resource.holder = { epoch: ++this.#epoch, until: now + first.ttlMs }
        first.grant(resource.holder)
      }
    }
    for (const waiter of resource.waiters) if (waiter.until <= now) waiter.refuse(now - waiter.since)
    if (resource.waiters.size > 0) this.#wake(resource, now)
    else if (resource.holder === undefined) this.#resources.delete(resource.name)
  }

  /** One timer, and only while somebody waits: for the lease to run out, or for the first to lose patience. */
  #wake(resource: Resource, now: number): void {
    let at = resource.holder?.until ?? now
    for (const waiter of resource.waiters) at = Math.min(at, waiter.until)
    if (Number.isFinite(at)) resource.stopTimer = this.#clock.timer(at - now, () => this.#serve(resource))
  }

  #lease(resource: Resource, holder: Holder): Lease {
    return {
      resource: resource.name,
      epoch: holder.epoch,
      renew: (ttlMs) => {
        const now = this.#clock.monotonic()
        if (resource.holder !== holder || !isLive(holder, now)) return Promise.resolve(false)
        holder.until = now + ttlMs
        return Promise.resolve(true)
      },
      release: () => {
        if (resource.holder === holder) {
          resource.holder = undefined
          this.#serve(resource)
        }
        return Promise.resolve()
      },
    }
  }
}

function isLive(holder: Holder | undefined, now: number): boolean {
  return holder !== undefined && holder.until > now
}
