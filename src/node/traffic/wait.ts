import { type Clock, formatMs, type Stop, sleep } from '../../base/index.ts'

/** One turn of the event loop: what has arrived in the meantime is read. */
export function turnLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const CATCH_UP_TURNS = 10

/** A few turns: in one a connection is accepted, in another its request is read. */
export async function catchUp(): Promise<void> {
  for (let turn = 0; turn < CATCH_UP_TURNS; turn++) await turnLoop()
}

/** Resolves after `ms`, rounded up, and earlier when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return sleep(clock, Math.ceil(ms), { signal }).catch(() => {})
}

/** What `work` comes to; rejects with what `late` makes when that takes longer than `ms`. */
export function within<Result>(clock: Clock, ms: number, work: Promise<Result>, late: () => Error): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = clock.timer(ms, () => reject(late()))
    work.finally(stop).then(resolve, reject)
  })
}

/**
 * Runs `work` now, in this very tick, and awaits it, for at most `limitMs` and until the signal aborts: its own signal
 * then aborts as well, and what it does from there on is its own affair.
 */
export async function bounded(
  clock: Clock,
  limitMs: number | undefined,
  { signal }: { readonly signal: AbortSignal | undefined },
  work: (context: { readonly signal: AbortSignal }) => unknown,
): Promise<void> {
  const controller = new AbortController()
  const late = (): void => controller.abort(new Error(`it took longer than ${formatMs(limitMs ?? 0)}`))
  const aborted = (): void => controller.abort(signal?.reason)
  if (signal?.aborted === true) aborted()
  signal?.addEventListener('abort', aborted, { once: true })
  const stopTimer = limitMs === undefined ? undefined : clock.timer(limitMs, late)
  const given = new Promise<never>((_, reject) => {
    if (controller.signal.aborted) reject(controller.signal.reason)
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true })
  })
  try {
    const done = Promise.resolve(work({ signal: controller.signal }))
    await Promise.race([done, given])
  } finally {
    given.catch(() => {})
    stopTimer?.()
    signal?.removeEventListener('abort', aborted)
  }
}

/** The moment at which waiting ends: the earliest that was set. Until then it keeps the process alive. */
export class Deadline {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  readonly #stops: Stop[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborts when it has passed. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Passes in `ms`, unless it was set to pass earlier. */
  within(ms: number): void {
    this.#stops.push(this.#clock.timer(ms, () => this.#controller.abort(new Error('the deadline has passed'))))
  }

  /** What `work` comes to, if that is before the deadline; else false. What is there already is in time. */
  meets(work: Promise<boolean>): Promise<boolean> {
    const { signal } = this
    if (signal.aborted) return Promise.race([work, turnLoop().then(() => false)])
    return Promise.race([
      work,
      new Promise<boolean>((resolve) => signal.addEventListener('abort', () => resolve(false), { once: true })),
    ])
  }

  /** Nobody waits any more. */
  clear(): void {
    for (const stop of this.#stops) stop()
  }
}

/** Does not abort. */
export const NEVER: AbortSignal = new AbortController().signal
