import type { Head, Journal, JournalRecord, SealedRecord, Settled } from 'phasegate'
import { open } from '../../src/audit/index.ts'
import { grouped } from './grouped.ts'
import type { Entry, Sale } from './ledger.ts'
import type { Acknowledged } from './messages.ts'

/** All that the journal says of a subject. */
export interface Chronicle {
  readonly id: string
  readonly head: Head
  readonly sealed: readonly SealedRecord[]
  /** By key. */
  readonly settled: ReadonlyMap<string, Settled | undefined>
}

/** What there is to judge by when it is over. */
export interface Evidence {
  readonly chart: string
  readonly chronicles: readonly Chronicle[]
  readonly ledger: readonly Entry[]
  /** What the transactions of the journal have written. */
  readonly sales: readonly Sale[]
  readonly acknowledged: readonly Acknowledged[]
}

export async function chroniclesOf(journal: Journal, chart: string): Promise<readonly Chronicle[]> {
  const chronicles: Chronicle[] = []
  for await (const { id, head } of journal.heads(chart)) {
    const sealed: SealedRecord[] = []
    for await (const record of journal.history({ chart, id })) sealed.push(record)
    const settled = new Map<string, Settled | undefined>()
    for (const key of keysOf(sealed.map(open))) settled.set(key, await journal.settled({ chart, id }, key))
    chronicles.push({ id, head, sealed, settled })
  }
  return chronicles
}

function keysOf(records: readonly JournalRecord[]): ReadonlySet<string> {
  return new Set(
    records.flatMap((record) => (record.kind === 'requested' && record.key !== undefined ? [record.key] : [])),
  )
}

/** One flip, as its records tell it. */
export interface Story {
  readonly subject: string
  readonly requested: JournalRecord<'requested'>
  /** Those that name it, the request included, in order. */
  readonly records: readonly JournalRecord[]
  readonly ends: readonly (JournalRecord<'committed'> | JournalRecord<'rolledBack'>)[]
  /** Who owned it, by epoch. */
  readonly owners: ReadonlyMap<number, string>
}

/** Every record of a subject, opened; and every flip's story. */
export interface Reading {
  readonly evidence: Evidence
  readonly records: ReadonlyMap<string, readonly JournalRecord[]>
  readonly stories: ReadonlyMap<string, Story>
  /** By the call that began them. */
  readonly begunBy: ReadonlyMap<string, readonly Story[]>
}

export function readingOf(evidence: Evidence): Reading {
  const records = new Map(evidence.chronicles.map(({ id, sealed }) => [id, sealed.map(open)] as const))
  const stories = new Map<string, Story>()
  for (const [subject, all] of records)
    for (const story of storiesIn(subject, all)) stories.set(story.requested.flipId, story)
  const begunBy = grouped(
    [...stories.values()].filter(({ requested }) => requested.trace !== undefined),
    ({ requested }) => requested.trace ?? '',
  )
  return { evidence, records, stories, begunBy }
}

function* storiesIn(subject: string, all: readonly JournalRecord[]): Iterable<Story> {
  const byFlip = grouped(
    all.filter((record) => 'flipId' in record),
    ({ flipId }) => flipId,
  )
  for (const records of byFlip.values()) {
    const requested = records.find((record) => record.kind === 'requested')
    if (requested === undefined) continue
    const owners = new Map<number, string>()
    for (const record of records) if ('owner' in record) owners.set(record.epoch, record.owner)
    const ends = records.filter((record) => record.kind === 'committed' || record.kind === 'rolledBack')
    yield { subject, requested, records, ends, owners }
  }
}
