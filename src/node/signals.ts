import type { Stop } from '../base/index.ts'
import type { EndSignal } from './options.ts'

export type SignalDecision = 'drain' | 'ignore' | 'exit'

/**
 * What a signal means after `earlier` ones. The first drains. Ctrl-C twice is a person who will not wait; a platform that
 * repeats SIGTERM is only being thorough.
 */
export function onSignal(signal: EndSignal, earlier: readonly EndSignal[]): SignalDecision {
  if (earlier.length === 0) return 'drain'
  return signal === 'SIGINT' && earlier.includes('SIGINT') ? 'exit' : 'ignore'
}

/** Calls `decided` for each of `signals`; none of them ends the process by Node's default any more. */
export function watchSignals(
  signals: readonly EndSignal[],
  decided: (decision: SignalDecision, signal: EndSignal) => void,
): Stop {
  const earlier: EndSignal[] = []
  const received = (signal: NodeJS.Signals): void => {
    const known = signals.find((one) => one === signal)
    if (known === undefined) return
    const decision = onSignal(known, earlier)
    earlier.push(known)
    decided(decision, known)
  }
  for (const signal of signals) process.on(signal, received)
  return () => {
    for (const signal of signals) process.off(signal, received)
  }
}
