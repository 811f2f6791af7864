import { constants } from 'node:os'
import type { Stop } from '../../base/index.ts'

/** Signals that a process may be told to end by. SIGKILL and SIGSTOP cannot be handled. */
export type EndSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2' | 'SIGBREAK'

export type SignalDecision = 'drain' | 'ignore' | 'exit'

/**
 * What a signal means after `earlier` ones. The first drains. One of `force` that comes again is a person who will not
 * wait; a platform that repeats SIGTERM is only being thorough.
 */
export function onSignal(
  signal: EndSignal,
  earlier: readonly EndSignal[],
  force: readonly EndSignal[],
): SignalDecision {
  if (earlier.length === 0) return 'drain'
  return force.includes(signal) && earlier.includes(signal) ? 'exit' : 'ignore'
}

/** What a process exits with that was ended by `signal`: 130 for SIGINT, 143 for SIGTERM. */
export function exitCodeOf(signal: EndSignal): number {
  return 128 + (constants.signals[signal] ?? 0)
}

/** The signals of a service, as long as it runs. */
export class Signals {
  #earlier: EndSignal[] = []
  readonly #stop: Stop

  /** Calls `decided` for each of `signals`; none of them ends the process by Node's default any more. */
  constructor(
    { signals, force }: { readonly signals: readonly EndSignal[]; readonly force: readonly EndSignal[] },
    decided: (decision: SignalDecision, signal: EndSignal) => void,
  ) {
    const received = (signal: NodeJS.Signals): void => {
      const known = signals.find((one) => one === signal)
      if (known === undefined) return
      const decision = onSignal(known, this.#earlier, force)
      this.#earlier.push(known)
      decided(decision, known)
    }
    for (const signal of signals) process.on(signal, received)
    this.#stop = () => {
      for (const signal of signals) process.off(signal, received)
    }
  }

  /** What came before does not count any more: the drain was called off. */
  forget(): void {
    this.#earlier = []
  }

  stop(): void {
    this.#stop()
  }
}
