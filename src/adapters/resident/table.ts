import type { Append, Clock, Head, Settled, SubjectRef } from '../../ports/index.ts'
import { withoutTraces } from './dropped.ts'
import { isDue, isRunning, isStuck, judge, needsWatch, type Step, type Verdict } from './rules.ts'

/** One subject, as it is kept in memory. */
export interface Entry<S extends Step> {
  readonly id: string
  head: Head
  /** Monotonic ms; a lease that was never taken or was given back ended before all time. */
  leaseUntil: number
  readonly steps: S[]
  /** Made when the first outcome is stored: most subjects have none. */
  settled: Map<string, Settled> | undefined
}

/** What an append leaves behind, besides its records. */
export type Remains = Pick<Append, 'head' | 'lease' | 'settled' | 'forget'>

interface Shelf<S extends Step> {
  readonly entries: Map<string, Entry<S>>
  /** Those for which something may fall due: what `abandoned` and `due` look through. */
  readonly watched: Set<Entry<S>>
}

/**
 * Heads, outcomes and leases of a journal that keeps them in memory. Leases are compared when somebody asks: there are
 * no timers.
 */
export class Table<S extends Step> {
  readonly #clock: Clock
  readonly #shelves = new Map<string, Shelf<S>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(subject: SubjectRef): Entry<S> | undefined {
    return this.#shelves.get(subject.chart)?.entries.get(subject.id)
  }

  judge(entry: Entry<S> | undefined, append: Append): Verdict {
    return judge(entry?.head, entry?.steps ?? [], entry?.settled, append)
  }

  /** Stores what `judge` let through. */
  store(subject: SubjectRef, append: Remains, step: S): void {
    const shelf = this.#shelf(subject.chart)
    let entry = shelf.entries.get(subject.id)
    if (entry === undefined) {
      entry = { id: subject.id, head: append.head, leaseUntil: Number.NEGATIVE_INFINITY, steps: [], settled: undefined }
      shelf.entries.set(subject.id, entry)
    }
    entry.head = append.head
    entry.steps.push(step)
    if (append.lease === 'release') entry.leaseUntil = Number.NEGATIVE_INFINITY
    else if (append.lease !== 'keep') entry.leaseUntil = this.#clock.monotonic() + append.lease.ttlMs
    if (append.forget !== undefined) forget(entry.settled, append.forget)
    if (append.settled !== undefined) {
      entry.settled ??= new Map()
      entry.settled.set(append.settled.key, append.settled)
    }
    if (needsWatch(append.head)) shelf.watched.add(entry)
    else shelf.watched.delete(entry)
  }

  /** What was stored of these flips keeps nothing of their records. */
  clean({ settled }: Entry<S>, flips: ReadonlySet<string>): void {
    for (const [key, outcome] of settled ?? []) if (flips.has(outcome.flipId)) settled?.set(key, withoutTraces(outcome))
  }

  renew(subject: SubjectRef, epoch: number, ttlMs: number): boolean {
    const entry = this.get(subject)
    const now = this.#clock.monotonic()
    if (entry === undefined || entry.head.epoch !== epoch || entry.leaseUntil <= now) return false
    entry.leaseUntil = now + ttlMs
    return true
  }

  abandoned(chart: string, limit: number, id?: string): readonly string[] {
    const now = this.#clock.monotonic()
    const isAbandoned = (entry: Entry<S>): boolean => isRunning(entry.head) && entry.leaseUntil <= now
    if (id === undefined) return this.#watched(chart, limit, isAbandoned)
    const entry = this.get({ chart, id })
    return entry !== undefined && isAbandoned(entry) ? [id] : []
  }

  due(chart: string, limit: number): readonly string[] {
    const now = this.#clock.now()
    return this.#watched(chart, limit, (entry) => isDue(entry.head, now))
  }

  stuck(chart: string, limit: number): readonly string[] {
    return this.#watched(chart, limit, (entry) => isStuck(entry.head))
  }

  entries(chart: string): Iterable<Entry<S>> {
    return this.#shelves.get(chart)?.entries.values() ?? []
  }

  /** Every subject of every chart. */
  *all(): Iterable<{ readonly subject: SubjectRef; readonly entry: Entry<S> }> {
    for (const [chart, { entries }] of this.#shelves)
      for (const entry of entries.values()) yield { subject: { chart, id: entry.id }, entry }
  }

  #shelf(chart: string): Shelf<S> {
    let shelf = this.#shelves.get(chart)
    if (shelf === undefined) {
      shelf = { entries: new Map(), watched: new Set() }
      this.#shelves.set(chart, shelf)
    }
    return shelf
  }

  #watched(chart: string, limit: number, wanted: (entry: Entry<S>) => boolean): readonly string[] {
    const found: string[] = []
    for (const entry of this.#shelves.get(chart)?.watched ?? []) {
      if (found.length >= limit) break
      if (wanted(entry)) found.push(entry.id)
    }
    return found
  }
}

function forget(outcomes: Map<string, Settled> | undefined, before: number): void {
  for (const [key, { at }] of outcomes ?? []) if (at < before) outcomes?.delete(key)
}
