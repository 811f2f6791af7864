import { headerOf, logName } from '../audit/index.ts'
import type { AuditEntry, AuditSink, FeedEntry } from '../ports/index.ts'
import type { RecordsLag } from '../telemetry/index.ts'
import { bookmarkOf, type Mark, markOf } from './bookmark.ts'
import type { Cargo, Carrier, Shared } from './carrier.ts'
import type { Fetched, Kept, Place } from './carry.ts'

type KeptMark = Mark & Kept

/** Records on their way to a sink. */
interface Page {
  readonly entries: readonly AuditEntry[]
  readonly cursor: string | undefined
  readonly more: boolean
  /** Wall ms of the oldest of them. */
  readonly oldestAt: number
}

/** What carries them. */
export type RecordsCarrier = Carrier<KeptMark, Page>

/** The records of a journal, for one sink: a page of the feed at a time. */
export class RecordsCargo implements Cargo<KeptMark, Page> {
  readonly sink: string
  readonly #target: AuditSink
  readonly #shared: Shared
  readonly #batch: number
  readonly #progress: () => void
  #delivered = 0

  /** `progress` is called after each delivery. */
  constructor(
    { sink, target }: { readonly sink: string; readonly target: AuditSink },
    shared: Shared,
    batch: number,
    progress: () => void,
  ) {
    this.sink = sink
    this.#target = target
    this.#shared = shared
    this.#batch = batch
    this.#progress = progress
  }

  /** Records that this trail has delivered. */
  get count(): number {
    return this.#delivered
  }

  parse(name: string, text: string | undefined): KeptMark {
    return { ...markOf(name, text), text }
  }

  async fetch(kept: KeptMark): Promise<Fetched<KeptMark, Page>> {
    const { journal, pollMs } = this.#shared
    const { entries, cursor, more, withheld } = await journal.feed(kept.after, this.#batch)
    if (entries.length > 0) return { type: 'load', load: { ...entriesOf(entries), cursor, more } }
    return { type: 'nothing', kept: { ...kept, after: cursor }, withheld, waitMs: pollMs }
  }

  write({ entries }: Page): Promise<void> {
    return this.#target.write(entries)
  }

  after(kept: KeptMark, { entries, cursor }: Page, now: number): KeptMark {
    const mark = { after: cursor, delivered: kept.delivered + entries.length, at: now }
    return { ...mark, text: bookmarkOf(mark) }
  }

  behind(page: Page): number {
    return countOf(page)
  }

  delivered({ entries }: Page): void {
    this.#delivered += entries.length
    this.#shared.events.tell('delivered', { sink: this.sink, records: entries.length })
    this.#progress()
  }

  /** How the sink is doing, at wall time `now`. `foremost`: records that the sink which is furthest has got. */
  lag(
    { carriage }: RecordsCarrier,
    role: RecordsLag['role'],
    { now, foremost }: { readonly now: number; readonly foremost: number },
  ): RecordsLag {
    const { place, failures, trouble } = carriage
    const told = { sink: this.sink, role, delivered: this.#delivered, failures, failing: trouble }
    const lastDeliveredAt = place.type === 'unknown' ? undefined : place.kept.at
    return { of: 'records', ...told, ...waiting(place, now, foremost), lastDeliveredAt }
  }
}

/** Records that a sink has got, of all processes; 0 when that is not known. */
export function gotBy({ carriage: { place } }: RecordsCarrier): number {
  return place.type === 'unknown' ? 0 : place.kept.delivered
}

function waiting(place: Place<KeptMark, Page>, now: number, foremost: number): Pick<RecordsLag, 'behind' | 'oldestMs'> {
  if ('load' in place) {
    // The page in hand may have been fetched long ago. What another sink has got since is a hint, and cheap.
    const behind = Math.max(countOf(place.load), foremost - place.kept.delivered)
    return { behind, oldestMs: Math.max(0, now - place.load.oldestAt) }
  }
  const withheldAt = place.type === 'ready' ? place.withheldAt : undefined
  if (withheldAt === undefined) return { behind: 0, oldestMs: 0 }
  return { behind: 1, oldestMs: Math.max(0, now - withheldAt) }
}

function countOf({ entries, more }: Page): number {
  return entries.length + (more ? 1 : 0)
}

function entriesOf(fed: readonly FeedEntry[]): Pick<Page, 'entries' | 'oldestAt'> {
  let oldestAt = Number.POSITIVE_INFINITY
  const entries = fed.map(({ subject, sealed: { header, payload, hash } }) => {
    const { n, t } = placeOf({ header, payload, hash })
    oldestAt = Math.min(oldestAt, t)
    return { log: logName(subject), n, header, payload, hash }
  })
  return { entries, oldestAt }
}

/** A header that is not what was written keeps nothing from going on: it is delivered as number 0, for `verify` to judge. */
function placeOf(sealed: FeedEntry['sealed']): { readonly n: number; readonly t: number } {
  try {
    const { n, t } = headerOf(sealed)
    return { n, t }
  } catch {
    return { n: 0, t: Number.POSITIVE_INFINITY }
  }
}
