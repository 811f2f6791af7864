import { headerOf } from '../../audit/index.ts'
import type { SealedRecord, SubjectRef } from '../../ports/index.ts'
import { flipsOf, withoutPayload } from '../resident/index.ts'
import { cleanLine, tells } from './clean.ts'
import { readLines, readTexts } from './history.ts'
import type { Account, Drop } from './line.ts'
import type { Pending, Recovery, Stored } from './recover.ts'
import type { Replacement } from './replace.ts'
import { cut, type Patch, patch } from './rewrite.ts'

export interface DropsOptions extends Omit<Replacement, 'name' | 'write'> {
  /** How many bytes of each segment count; the last is the one that is written. */
  readonly account: () => Account
}

/** What shall be dropped, and how far the segments go that hold it. */
export interface Plan {
  readonly drop: Drop
  readonly lastSegment: number
}

/**
 * Payloads that are dropped. The line that says so is what counts: from then on nobody is given them, and the segments
 * they stand in are written anew without them, at once or, when that cannot be, as soon as it can.
 */
export class Drops {
  readonly #options: DropsOptions
  readonly #known: Recovery
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: DropsOptions, known: Recovery) {
    this.#options = options
    this.#known = known
  }

  /** A record as it may be shown. */
  shown(log: string, n: number, sealed: SealedRecord): SealedRecord {
    return this.#known.dropped.get(log)?.has(n) === true ? withoutPayload(sealed) : sealed
  }

  /** What an append that drops these records has to say, and where they stand. */
  async plan(subject: SubjectRef, records: readonly number[]): Promise<Plan> {
    const steps = this.#known.table.get(subject)?.steps ?? []
    const touched = new Set<Stored>()
    const flips = new Set<string>()
    for (const n of records) {
      const rest = steps.slice(steps.findIndex(({ version }) => version >= n))
      let of: string | undefined
      let at = 0
      for await (const line of readLines(this.#options.folder, rest)) {
        const step = rest[at++]
        if (step !== undefined) touched.add(step)
        if (at === 1) [of] = flipsOf(line.records.filter((record) => headerOf(record).n === n))
        if (!tells(line.head, of)) break
      }
      if (of !== undefined) flips.add(of)
    }
    const lines = [...touched].map(({ version }) => version).sort((a, b) => a - b)
    const lastSegment = Math.max(0, ...[...touched].map(({ segment }) => segment))
    return { drop: { records, flips: [...flips], lines }, lastSegment }
  }

  /** Writes segments anew until nothing that was dropped stands in any, one caller after the other. */
  finish(): Promise<void> {
    const finished = this.#running.then(() => this.#finish())
    this.#running = finished.catch(() => undefined)
    return finished
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #finish(): Promise<void> {
    const { pending } = this.#known
    if (pending.length === 0) return
    const patches = await this.#patches(pending)
    for (const [segment, bytes] of this.#options.account().slice(0, -1)) {
      const own = patches.filter((one) => one.segment === segment)
      const write = own.length === 0 ? cut : patch
      if (!(await write(this.#options, { segment, bytes }, own))) return
    }
    this.#known.pending = this.#known.pending.filter((one) => !pending.includes(one))
  }

  /** The lines that still hold what was dropped, as they shall be. */
  async #patches(pending: readonly Pending[]): Promise<readonly Patch[]> {
    const patches = new Map<Stored, Patch>()
    for (const { subject, drop } of pending) {
      const lines = new Set(drop.lines)
      const steps = this.#known.table.get(subject)?.steps.filter(({ version }) => lines.has(version)) ?? []
      let at = 0
      for await (const text of readTexts(this.#options.folder, steps)) {
        const step = steps[at++]
        if (step === undefined) continue
        const { segment, offset } = step
        const cleaned = cleanLine(patches.get(step)?.text ?? text, drop)
        if (cleaned !== text) patches.set(step, { segment, offset, text: cleaned })
      }
    }
    return [...patches.values()]
  }
}
