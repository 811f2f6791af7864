import { setTimeout as pause } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { isPhasegateError, terminal } from 'phasegate'
import type { Site, Work } from './chart.ts'
import { type Ledger, writeSale } from './ledger.ts'
import { roll } from './random.ts'

/** How often a step or an undo goes some other way than well. */
const RUN = { failsFirst: 0.03, failsAfter: 0.03, failsForGood: 0.015, isSlow: 0.15, isVerySlow: 0.015 } as const
const UNDO = { failsFirst: 0.02, failsAfter: 0.02, failsForGood: 0.005, isSlow: 0.1, isVerySlow: 0.01 } as const

type Mood = keyof typeof RUN | 'otherwise'

export interface MoodySiteOptions {
  readonly ledger: Ledger
  readonly random: () => number
  readonly leaseMs: number
}

/** A site where much goes wrong, by chance. */
export class MoodySite implements Site {
  /** The gate that works here. */
  owner = ''
  readonly #options: MoodySiteOptions

  constructor(options: MoodySiteOptions) {
    this.#options = options
  }

  run(work: Work): Promise<string> {
    return this.#do(work, this.#mood(RUN), () => this.#apply(work))
  }

  undo(work: Work): Promise<string> {
    return this.#do(work, this.#mood(UNDO), () => this.#apply(work))
  }

  sell(tx: PoolClient, work: Work): Promise<string> {
    return this.#do(work, this.#mood(RUN), () => sale(tx, this.owner, work))
  }

  refund(tx: PoolClient, work: Work): Promise<string> {
    return this.#do(work, this.#mood(UNDO), () => sale(tx, this.owner, work))
  }

  isTrue(): boolean {
    return this.#options.random() < 0.7
  }

  isAllowed(): boolean {
    return this.#options.random() < 0.95
  }

  #mood(moods: typeof RUN | typeof UNDO): Mood {
    return roll(this.#options.random, moods)
  }

  async #do(work: Work, mood: Mood, act: () => Promise<string>): Promise<string> {
    const { random, leaseMs } = this.#options
    if (mood === 'isSlow') await wait(20 + 250 * random(), work.signal)
    if (mood === 'isVerySlow') await wait(leaseMs * (0.7 + random()), work.signal)
    if (mood === 'failsFirst') throw new Error('it failed before it did anything')
    const output = await act()
    if (mood === 'failsAfter') throw new Error('it failed after it had done its work')
    if (mood === 'failsForGood') throw terminal(new Error('it will never work'))
    return output
  }

  /** A step that does not ask whether it still owns the flip is held back by the ledger. */
  #apply(work: Work): Promise<string> {
    const isCareful = this.#options.random() < 0.5
    if (isCareful) work.assertHeld()
    return effect(this.#options.ledger, this.owner, work, isCareful)
  }
}

/** A site where nothing goes wrong. */
export class CalmSite implements Site {
  owner = ''
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  run(work: Work): Promise<string> {
    return effect(this.#ledger, this.owner, work, true)
  }

  undo(work: Work): Promise<string> {
    return effect(this.#ledger, this.owner, work, true)
  }

  sell(tx: PoolClient, work: Work): Promise<string> {
    return sale(tx, this.owner, work)
  }

  refund(tx: PoolClient, work: Work): Promise<string> {
    return sale(tx, this.owner, work)
  }

  isTrue(): boolean {
    return true
  }

  isAllowed(): boolean {
    return true
  }
}

/** What it returns tells who did it: no two attempts could return the same by accident. */
async function effect(ledger: Ledger, owner: string, work: Work, isCareful: boolean): Promise<string> {
  const { subject, stepKey: key, epoch, signal } = work
  const verdict = await ledger.apply({ subject, key, epoch, owner }, () => assertWanted(signal, isCareful))
  if (verdict === 'refused') throw new Error(`the ledger has seen a newer token than ${epoch}`)
  return `${key} by ${epoch}`
}

async function sale(tx: PoolClient, owner: string, { stepKey: key, epoch }: Work): Promise<string> {
  await writeSale(tx, { key, epoch, owner })
  return `${key} by ${epoch}`
}

/**
 * No token holds back what comes too late for its own owner, who may be undoing it: a step has to end when it is told to.
 * A careless one goes on, though, when its owner was replaced.
 */
function assertWanted(signal: AbortSignal, isCareful: boolean): void {
  if (signal.aborted && (isCareful || !isPhasegateError(signal.reason))) throw signal.reason
}

/** Waits, unless the step is told to end; that its owner was replaced does not interest it. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  const told = new AbortController()
  const tell = (): void => {
    if (!isPhasegateError(signal.reason)) told.abort(signal.reason)
  }
  if (signal.aborted) tell()
  signal.addEventListener('abort', tell, { once: true })
  await pause(ms, undefined, { signal: told.signal })
  signal.removeEventListener('abort', tell)
}
