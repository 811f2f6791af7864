import type { Clock } from '../ports/index.ts'

/**
 * What `work` comes to, or what `late` comes to when it has not within `ms`. The timer is gone in either case; one in the
 * background does not keep the process alive.
 */
export async function within<Result>(
  clock: Clock,
  { ms, background }: { readonly ms: number; readonly background: boolean },
  work: Promise<Result>,
  late: () => Result | Promise<Result>,
): Promise<Result> {
  let stop = (): void => undefined
  const timeout = new Promise<undefined>((resolve) => {
    stop = clock.timer(ms, () => resolve(undefined), { background })
  })
  try {
    const first = await Promise.race([work.then((result) => ({ result })), timeout])
    return first === undefined ? await late() : first.result
  } finally {
    stop()
  }
}

/** What `work` comes to, unless the signal aborts first: then it rejects with the reason. */
export async function untilAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    stop = () => signal.removeEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    stop()
  }
}
