import type { Clock } from '../ports/index.ts'

/** Resolves when `ended` has settled, in whichever way, and after `ms` at the latest. */
export function endOrTime(ended: Promise<unknown>, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.timer(ms, resolve)
    const over = (): void => {
      stop()
      resolve()
    }
    // How it ended is told to whom it belongs.
    void ended.then(over, over)
  })
}
