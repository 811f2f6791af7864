/** Stops what was started. Calling it again does nothing. */
export type Stop = () => void

/**
 * Time, as a port: a test owns it.
 *
 * 1. `now` is wall time in ms since 1970, for what people read and for timers that outlive a process.
 * 2. `monotonic` is ms since whenever, and never goes back: every deadline and lease is judged by it.
 * 3. `timer` calls `fire` once, no earlier than `ms` from now by `monotonic`, however many they are, and never before it
 *    has returned; not at all once it was stopped.
 * 4. `background` timers do not keep the process alive.
 */
export interface Clock {
  now(): number
  monotonic(): number
  timer(ms: number, fire: () => void, options?: { readonly background?: boolean | undefined }): Stop
}

/** setTimeout fires at once beyond 2³¹−1 ms: longer waits are cut into legs. */
const LONGEST_LEG_MS = 2_147_483_647
/** It drops fractions of a ms, and counts from the beginning of one: so early it may be, and where it is by more, time is faked. */
const MOST_EARLY_MS = 2

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, fire, options) {
    const due = performance.now() + ms
    let handle: NodeJS.Timeout
    const wait = (forMs: number, then: () => void): void => {
      handle = setTimeout(then, forMs)
      if (options?.background === true) handle.unref()
    }
    const leg = (leftMs: number): void =>
      leftMs > LONGEST_LEG_MS ? wait(LONGEST_LEG_MS, () => leg(leftMs - LONGEST_LEG_MS)) : wait(leftMs, arrived)
    const arrived = (): void => {
      const leftMs = due - performance.now()
      if (leftMs > 0 && leftMs < MOST_EARLY_MS) wait(Math.ceil(leftMs) + 1, fire)
      else fire()
    }
    leg(Math.max(0, ms))
    return () => clearTimeout(handle)
  },
}

/** Waits `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(
  clock: Clock,
  ms: number,
  options: { readonly signal?: AbortSignal | undefined; readonly background?: boolean | undefined } = {},
): Promise<void> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const aborted = (): void => {
      stop()
      reject(signal?.reason)
    }
    const stop = clock.timer(
      ms,
      () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      },
      { background: options.background },
    )
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
