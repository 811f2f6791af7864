import { isDeepStrictEqual } from 'node:util'
import type { Head, JournalRecord } from 'phasegate'
import { checkChain } from '../../../src/audit/index.ts'
import { evolve, origin } from '../../../src/flip/evolve.ts'
import { furnace } from '../chart.ts'
import type { Story } from '../evidence.ts'
import { type Check, each, type Finding } from './check.ts'

// What the journal must be by itself, whatever was acknowledged and whatever had its effect.

const chains: Check = {
  name: 'every chain verifies',
  async run({ evidence }): Promise<Finding> {
    const problems: string[] = []
    let looked = 0
    for (const { id, sealed } of evidence.chronicles) {
      looked += sealed.length
      const fault = await checkChain({ chart: evidence.chart, id }, sealed)
      if (fault !== undefined) problems.push(`${id}, record ${fault.n}: ${fault.problem}`)
    }
    return { looked, problems }
  },
}

const folds: Check = {
  name: 'every head is the fold of its history',
  run: ({ evidence, records }) =>
    each(evidence.chronicles, function* ({ id, head }) {
      const folded = (records.get(id) ?? []).reduce(evolve, origin(furnace, furnace.initial))
      if (!isDeepStrictEqual(plain(folded), plain(head))) yield `${id}: its head is not what its records fold to`
    }),
}

const OPENERS: ReadonlySet<string> = new Set(['requested', 'adopted', 'resolved', 'forced'])

const epochs: Check = {
  name: 'no older epoch comes after a newer one, and each epoch is opened once, by whoever takes over',
  run: ({ records }) =>
    each(records, function* ([id, all]) {
      let last = 0
      for (const { n, epoch, kind } of all) {
        const expected = OPENERS.has(kind) ? last + 1 : last
        if (epoch !== expected) yield `${id}, record ${n} (${kind}): epoch ${epoch} after ${last}`
        last = epoch
      }
    }),
}

const legal: Check = {
  name: 'every flip was requested while no other was in progress, and legally',
  run: ({ records }) =>
    each(records, function* ([id, all]) {
      let head = origin(furnace, furnace.initial)
      for (const record of all) {
        if (record.kind === 'requested') yield* illegalities(id, head, record)
        head = evolve(head, record)
      }
    }),
}

function* illegalities(id: string, head: Head, { n, flip, from, to }: JournalRecord<'requested'>): Iterable<string> {
  if (head.flip !== undefined) yield `${id}, record ${n}: requested while flip ${head.flip.id} was in progress`
  if (head.phase !== from) yield `${id}, record ${n}: requested from "${from}" in "${head.phase}"`
  if (furnace.table[from]?.[flip] !== to) yield `${id}, record ${n}: "${flip}" does not lead from "${from}" to "${to}"`
}

const ends: Check = {
  name: 'every flip that was requested has exactly one end, or is stuck',
  run: ({ stories, evidence }) => {
    const stuck = new Set(
      evidence.chronicles.flatMap(({ head }) => (head.flip?.course.type === 'stuck' ? [head.flip.id] : [])),
    )
    return each(stories.values(), function* ({ subject, requested, records, ends }) {
      const { flipId } = requested
      if (ends.length !== (stuck.has(flipId) ? 0 : 1)) yield `${subject}: flip ${flipId} has ${ends.length} ends`
      if (records.filter(({ kind }) => kind === 'requested').length !== 1) yield `${subject}: ${flipId} requested twice`
      if (ends.length === 1 && records.at(-1) !== ends[0]) yield `${subject}: ${flipId} goes on after its end`
    })
  },
}

const orphans: Check = {
  name: 'no record belongs to a flip that nobody requested',
  run: ({ records, stories }) =>
    each(
      [...records].flatMap(([id, all]) => all.map((record) => ({ id, record }))),
      function* ({ id, record }) {
        if ('flipId' in record && !stories.has(record.flipId))
          yield `${id}, record ${record.n}: no flip ${record.flipId}`
      },
    ),
}

const steps: Check = {
  name: 'every step is recorded once, in order; a commit has all of them, a roll-back has undone all that it had to',
  run: ({ stories }) => each(stories.values(), (story) => stepProblems(story)),
}

function* stepProblems({ subject, requested, records, ends }: Story): Iterable<string> {
  const { flipId, flip } = requested
  const planned = furnace.flips.get(flip)?.steps.map(({ name }) => name) ?? []
  const stepped = records.flatMap((record) => (record.kind === 'stepped' ? [record.step] : []))
  const undone = records.flatMap((record) => (record.kind === 'undone' ? [record.step] : []))
  const turned = records.filter((record) => record.kind === 'turned')
  const [end] = ends
  if (!isDeepStrictEqual(stepped, planned.slice(0, stepped.length))) yield `${subject}: ${flipId} stepped ${stepped}`
  if (end?.kind === 'committed' && (stepped.length !== planned.length || undone.length + turned.length > 0))
    yield `${subject}: ${flipId} committed with steps ${stepped}, undone ${undone}`
  if (end?.kind === 'rolledBack' && (turned.length !== 1 || !isDeepStrictEqual(undone, turned[0]?.undo)))
    yield `${subject}: ${flipId} rolled back with ${undone} undone, turned ${turned.length} times to undo ${turned[0]?.undo}`
}

/** As JSON has it: a member that is undefined is as good as absent. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

export const JOURNAL_CHECKS: readonly Check[] = [chains, folds, epochs, legal, ends, orphans, steps]
