import type { JournalRecord } from 'phasegate'
import { open, sealAll } from '../../../../src/audit/index.ts'
import { evolve, origin } from '../../../../src/flip/evolve.ts'
import { furnace } from '../../chart.ts'
import { type Chronicle, type Evidence, readingOf, type Story } from '../../evidence.ts'

// Ways in which what was left could be wrong, each planted into evidence that is right.

export interface Fault {
  /** What went wrong, as a sentence. */
  readonly name: string
  /** The check that has to find it. */
  readonly check: string
  readonly plant: (evidence: Evidence) => Evidence
}

/** The item that `test` finds: without one, the evidence is not rich enough. */
export function one<Item>(items: Iterable<Item>, test: (item: Item) => boolean): Item {
  for (const item of items) if (test(item)) return item
  throw new Error('the evidence has nothing to plant this fault in')
}

export function replaced<Item>(items: readonly Item[], old: Item, ...instead: readonly Item[]): readonly Item[] {
  return items.flatMap((item) => (item === old ? instead : [item]))
}

/** Writes a subject's records anew, as if it had been so from the beginning: numbers, chain and head fit. */
function rewritten(
  evidence: Evidence,
  id: string,
  edit: (all: readonly JournalRecord[]) => readonly JournalRecord[],
): Evidence {
  const chronicle = one(evidence.chronicles, (candidate) => candidate.id === id)
  const records = edit(chronicle.sealed.map(open)).map((record, index) => ({ ...record, n: index + 1 }))
  const sealed = sealAll({ chart: evidence.chart, id }, records, undefined)
  const head = records.reduce(evolve, origin(furnace, furnace.initial))
  return chronicled(evidence, chronicle, { sealed, head })
}

export function chronicled(evidence: Evidence, old: Chronicle, now: Partial<Chronicle>): Evidence {
  return { ...evidence, chronicles: replaced(evidence.chronicles, old, { ...old, ...now }) }
}

function storyWith(evidence: Evidence, test: (story: Story) => boolean): Story {
  return one(readingOf(evidence).stories.values(), test)
}

/** Changes one record of the first flip that `test` finds. */
export function misrecorded(
  evidence: Evidence,
  test: (story: Story) => boolean,
  edit: (record: JournalRecord) => readonly JournalRecord[],
): Evidence {
  const { subject, requested } = storyWith(evidence, test)
  return rewritten(evidence, subject, (all) =>
    all.flatMap((record) => ('flipId' in record && record.flipId === requested.flipId ? edit(record) : [record])),
  )
}

export function hasCommitted({ ends }: Story): boolean {
  return ends[0]?.kind === 'committed'
}
