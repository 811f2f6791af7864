import { type Clock, formatMs } from '../../base/index.ts'
import type { DependencyContext } from './dependency.ts'

/**
 * Runs `work` now, in this very tick, and awaits it, for at most `limitMs` and until the signal aborts: its own signal
 * then aborts as well, and what it does from there on is its own affair.
 */
export async function bounded(
  clock: Clock,
  limitMs: number | undefined,
  { signal }: { readonly signal: AbortSignal | undefined },
  work: (context: DependencyContext) => unknown,
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
