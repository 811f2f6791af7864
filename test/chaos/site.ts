import { setTimeout as pause } from 'node:timers/promises'
import { terminal } from 'phasegate'
import type { Site, Work } from './chart.ts'
import type { Ledger } from './ledger.ts'
import { roll } from './random.ts'

/** How often a step or an undo goes some other way than well. */
const RUN = { failsFirst: 0.03, failsAfter: 0.03, failsForGood: 0.015, isSlow: 0.1, isVerySlow: 0.01 } as const
const UNDO = { failsFirst: 0.02, failsAfter: 0.02, failsForGood: 0.005, isSlow: 0.05, isVerySlow: 0.005 } as const

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
    return this.#do(work, roll(this.#options.random, RUN))
  }

  undo(work: Work): Promise<string> {
    return this.#do(work, roll(this.#options.random, UNDO))
  }

  isTrue(): boolean {
    return this.#options.random() < 0.7
  }

  isAllowed(): boolean {
    return this.#options.random() < 0.95
  }

  async #do(work: Work, mood: keyof typeof RUN | 'otherwise'): Promise<string> {
    const { random, leaseMs } = this.#options
    if (mood === 'isSlow') await pause(20 + 250 * random(), undefined, { signal: work.signal })
    if (mood === 'isVerySlow') await pause(leaseMs * (0.7 + random()), undefined, { signal: work.signal })
    if (mood === 'failsFirst') throw new Error('it failed before it did anything')
    // A step that does not ask is held back by the ledger.
    if (random() < 0.5) work.assertHeld()
    const output = await effect(this.#options.ledger, this.owner, work)
    if (mood === 'failsAfter') throw new Error('it failed after it had done its work')
    if (mood === 'failsForGood') throw terminal(new Error('it will never work'))
    return output
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
    return effect(this.#ledger, this.owner, work)
  }

  undo(work: Work): Promise<string> {
    return effect(this.#ledger, this.owner, work)
  }

  isTrue(): boolean {
    return true
  }

  isAllowed(): boolean {
    return true
  }
}

/** What it returns tells who did it: no two attempts could return the same by accident. */
async function effect(ledger: Ledger, owner: string, { subject, stepKey: key, epoch, signal }: Work): Promise<string> {
  const verdict = await ledger.apply({ subject, key, epoch, owner }, () => signal.throwIfAborted())
  if (verdict === 'refused') throw new Error(`the ledger has seen a newer token than ${epoch}`)
  return `${key} by ${epoch}`
}
