import { type Journal, memoryJournal } from 'phasegate'
import {
  type AuditEntry,
  type AuditSink,
  type AuditTrailOptions,
  auditTrail,
  type Feed,
  type Trail,
  type TrailEvent,
  type TrailEvents,
} from 'phasegate/audit'
import { onTestFinished } from 'vitest'
import { appendOf, recordOf } from '../../src/testing/contracts/journal-samples.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/time/index.ts'

/** A sink that keeps what it gets in memory, and does as a test wants. */
export class TestSink implements AuditSink {
  readonly entries: AuditEntry[] = []
  /** How many entries each write gave, also those that failed. */
  readonly writes: number[] = []
  /** Called before each write; what it throws is what the write rejects with. */
  before: (entries: readonly AuditEntry[]) => unknown = () => undefined

  async write(entries: readonly AuditEntry[]): Promise<void> {
    this.writes.push(entries.length)
    await this.before(entries)
    this.entries.push(...entries)
  }

  /** The numbers of what has come of a log, in the order in which they came. */
  numbers(log: string): readonly number[] {
    return this.entries.flatMap((entry) => (entry.log === log ? entry.n : []))
  }

  fail(message = 'down'): void {
    this.before = () => {
      throw new Error(message)
    }
  }

  mend(): void {
    this.before = () => undefined
  }
}

/** Writes into a journal as gates do, at the time of the clock. */
export class Writer {
  readonly #journal: Journal
  readonly #clock: VirtualClock
  readonly #versions = new Map<string, number>()

  constructor(journal: Journal, clock: VirtualClock) {
    this.#journal = journal
    this.#clock = clock
  }

  /** Appends `count` records to a subject of the chart `sample`. */
  async append(id: string, count = 1): Promise<void> {
    for (let left = count; left > 0; left--) {
      const version = this.#versions.get(id) ?? 0
      const records = [{ ...recordOf(version + 1), at: this.#clock.now() }]
      await this.#journal.append({ chart: 'sample', id }, appendOf(version, { records }))
      this.#versions.set(id, version + 1)
    }
  }
}

export interface Stage {
  readonly clock: VirtualClock
  readonly journal: Journal
  readonly writer: Writer
  /** A trail that is closed in the end. It has told `told`, in order. */
  trail(options: Partial<AuditTrailOptions> & Pick<AuditTrailOptions, 'sinks'>, feed?: Feed): Trail
  readonly told: { readonly event: TrailEvent; readonly payload: TrailEvents[TrailEvent] }[]
}

const EVENTS: readonly TrailEvent[] = ['delivered', 'checkpointed', 'failed', 'recovered', 'overtaken']

/** A journal in memory, a clock that stands still, and chance that is always one half. */
export function stage(): Stage {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const told: Stage['told'] = []
  return {
    clock,
    journal,
    writer: new Writer(journal, clock),
    told,
    trail(options, feed = journal) {
      const trail = auditTrail(feed, { name: 'main', clock, random: () => 0.5, ...options })
      for (const event of EVENTS) trail.on(event, (payload) => void told.push({ event, payload }))
      onTestFinished(async () => {
        const closed = trail.close({ within: 0 })
        await clock.advance(2_000)
        await closed
      })
      return trail
    },
  }
}

/** A journal of which some methods are others. */
export function feedWith(journal: Feed, changes: Partial<Feed>): Feed {
  return {
    feed: (after, limit) => journal.feed(after, limit),
    tips: () => journal.tips(),
    bookmark: (name) => journal.bookmark(name),
    moveBookmark: (name, from, to) => journal.moveBookmark(name, from, to),
    ...changes,
  }
}
