import { type Clock, type Lease, type Lock, PhasegateError } from 'phasegate'

type AcquireOptions = Parameters<Lock['acquire']>[1]

interface Holding {
  readonly epoch: number
  /** Monotonic ms. */
  until: number
}

/** A lock on a Map, for one process. Whoever waits looks again when something was given back, or has run out. */
export function mapLock(clock: Clock): Lock {
  return new OnMap(clock)
}

class OnMap implements Lock {
  readonly #clock: Clock
  readonly #holdings = new Map<string, Holding>()
  readonly #waiting = new Set<() => void>()
  /** One for all resources: it grows although those that nobody holds are forgotten. */
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async acquire(resource: string, { ttlMs, waitMs, signal }: AcquireOptions): Promise<Lease> {
    const since = this.#clock.monotonic()
    for (;;) {
      signal?.throwIfAborted()
      const now = this.#clock.monotonic()
      const holding = this.#holdings.get(resource)
      if (holding === undefined || holding.until <= now) return this.#take(resource, now + ttlMs)
      const leftMs = since + waitMs - now
      if (leftMs <= 0) throw busy(resource, now - since)
      await this.#change(Math.min(leftMs, holding.until - now), signal)
    }
  }

  #take(resource: string, until: number): Lease {
    const holding = { epoch: ++this.#epoch, until }
    this.#holdings.set(resource, holding)
    const isHeld = (): boolean => this.#holdings.get(resource) === holding && holding.until > this.#clock.monotonic()
    return {
      resource,
      epoch: holding.epoch,
      renew: async (ttlMs) => {
        if (!isHeld()) return false
        holding.until = this.#clock.monotonic() + ttlMs
        return true
      },
      release: async () => {
        if (this.#holdings.get(resource) !== holding) return
        this.#holdings.delete(resource)
        for (const wake of [...this.#waiting]) wake()
      },
    }
  }

  /** Until something was given back, `ms` have gone by, or the signal aborts. */
  #change(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        stop()
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const stop = this.#clock.timer(ms, wake)
      this.#waiting.add(wake)
      signal?.addEventListener('abort', wake)
    })
  }
}

function busy(resource: string, waitedMs: number): PhasegateError {
  return new PhasegateError('RESOURCE_BUSY', `${resource} is held by another`, { resource, waitedMs })
}
