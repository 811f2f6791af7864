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
 * 5. Timers of one length fire in the order in which they were set.
 */
export interface Clock {
  now(): number
  monotonic(): number
  timer(ms: number, fire: () => void, options?: { readonly background?: boolean | undefined }): Stop
}

/** setTimeout fires at once beyond 2³¹−1 ms: longer waits are cut into legs. */
const LONGEST_LEG_MS = 2_147_483_646

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, fire, options) {
    let handle: NodeJS.Timeout
    const leg = (leftMs: number): void => {
      handle =
        leftMs > LONGEST_LEG_MS
          ? setTimeout(() => leg(leftMs - LONGEST_LEG_MS), LONGEST_LEG_MS)
          : setTimeout(fire, wholeMs(leftMs))
      if (options?.background === true) handle.unref()
    }
    leg(Math.max(0, ms))
    return () => clearTimeout(handle)
  },
}

/**
 * setTimeout drops fractions, and counts from the beginning of the ms in which it is called: up to one too early. Asked for
 * one more it never is, and what is asked for later still comes later.
 */
function wholeMs(ms: number): number {
  return ms === 0 ? 0 : Math.ceil(ms) + 1
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
