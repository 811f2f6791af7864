import type { Clock, Stop } from '../../ports/index.ts'
import type { Tail } from './tail.ts'

/**
 * Shows life every `everyMs` until it is stopped or the folder has a newer owner. A beat that fails is left out: at
 * worst another process takes the folder, and this one finds that out before it acknowledges anything.
 */
export function beat(clock: Clock, everyMs: number, tail: Tail): Stop {
  let isStopped = false
  let stopTimer: Stop
  const next = (): void => {
    if (!isStopped) stopTimer = clock.timer(everyMs, () => void once(), { background: true })
  }
  const once = async (): Promise<void> => {
    const isOwner = await tail.beat().catch(() => true)
    if (isOwner) next()
  }
  next()
  return () => {
    isStopped = true
    stopTimer()
  }
}
