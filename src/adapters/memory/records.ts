import { FIRST_LINK, sealAll } from '../../audit/index.ts'
import { refuse } from '../../base/index.ts'
import type { FeedEntry, FeedPage, JournalRecord, SealedRecord, SubjectRef } from '../../ports/index.ts'
import { type Entry, flipsOf, type Step, type Table, withoutPayload } from '../resident/index.ts'

/** What an append leaves: its records as they came, until they are sealed. `from`: the version that they follow. */
export interface Stored extends Step {
  readonly subject: SubjectRef
  readonly from: number
  records: readonly JournalRecord[]
}

const CURSOR = /^(\d{1,15}):(\d{1,15})$/
const NOTHING: readonly JournalRecord[] = []

/** The records of a table: sealed when somebody asks for them, and in the order of their appends. */
export class Records {
  readonly #table: Table<Stored>
  readonly #order: Stored[] = []
  /** Salts are random: what was sealed once must stay as it is. */
  readonly #sealed = new WeakMap<Entry<Stored>, SealedRecord[]>()

  constructor(table: Table<Stored>) {
    this.#table = table
  }

  add(stored: Stored): void {
    this.#order.push(stored)
  }

  /** All records of a subject. Record n stands at n - 1. */
  of(subject: SubjectRef): readonly SealedRecord[] {
    const entry = this.#table.get(subject)
    return entry === undefined ? [] : this.#seal(subject, entry)
  }

  /** A cursor says which append comes next, and which of its records. @throws OPTION_INVALID */
  feed(after: string | undefined, limit: number): FeedPage {
    let [place, index] = placeOf(after)
    const entries: FeedEntry[] = []
    for (let stored = this.#order[place]; stored !== undefined; stored = this.#order[place]) {
      const { subject, from, version } = stored
      const rest = this.of(subject).slice(from + index, Math.min(version, from + index + limit - entries.length))
      for (const sealed of rest) entries.push({ subject: { chart: subject.chart, id: subject.id }, sealed })
      index += rest.length
      if (from + index < version) break
      place += 1
      index = 0
    }
    return { entries, cursor: `${place}:${index}`, more: place < this.#order.length, withheld: false }
  }

  /** Forgets payloads, and what outcomes have of them. */
  drop(subject: SubjectRef, numbers: readonly number[]): void {
    const entry = this.#table.get(subject)
    if (entry === undefined) return
    const sealed = this.#seal(subject, entry)
    const dropped = numbers.flatMap((n) => sealed[n - 1] ?? [])
    for (const n of numbers) sealed.splice(n - 1, 1, ...sealed.slice(n - 1, n).map(withoutPayload))
    this.#table.clean(entry, flipsOf(dropped))
  }

  /** Seals what was not sealed before, and lets go of what it was. */
  #seal(subject: SubjectRef, entry: Entry<Stored>): SealedRecord[] {
    const sealed = this.#sealed.get(entry) ?? []
    const fresh = unsealed(entry.steps, sealed.length)
    const records = fresh.flatMap((step) => step.records)
    sealed.push(...sealAll(subject, records, sealed.at(-1)?.hash ?? FIRST_LINK.hash))
    for (const step of fresh) step.records = NOTHING
    this.#sealed.set(entry, sealed)
    return sealed
  }
}

/** The last steps, those beyond a version. */
function unsealed(steps: readonly Stored[], version: number): readonly Stored[] {
  let first = steps.length
  while (first > 0 && (steps[first - 1]?.version ?? 0) > version) first -= 1
  return steps.slice(first)
}

function placeOf(cursor: string | undefined): readonly [place: number, index: number] {
  if (cursor === undefined) return [0, 0]
  const [, place, index] = CURSOR.exec(cursor) ?? refuse('the cursor', cursor, 'one that feed() of this journal gave')
  return [Number(place), Number(index)]
}
