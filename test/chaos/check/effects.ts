import { furnace } from '../chart.ts'
import type { Reading, Story } from '../evidence.ts'
import { grouped } from '../grouped.ts'
import type { Entry } from '../ledger.ts'
import { type Check, each } from './check.ts'

// What the steps did outside must be what the journal says they did.

const UNDO = ':undo'

/** The steps of a flip whose effect is outside, and those whose effect is in the journal's own transactions. */
function stepsOf(flip: string, isAtomic: boolean): readonly string[] {
  const steps = furnace.flips.get(flip)?.steps ?? []
  return steps.filter(({ atomic }) => atomic === isAtomic).map(({ name }) => name)
}

/** Where each key was applied, by its place in the ledger. */
function applications({ evidence }: Reading): ReadonlyMap<string, readonly number[]> {
  const places = grouped(evidence.ledger.entries(), ([, { key, verdict }]) => (verdict === 'applied' ? key : ''))
  places.delete('')
  return new Map([...places].map(([key, all]) => [key, all.map(([place]) => place)]))
}

const once: Check = {
  name: 'the effect of a step key happened at most once',
  run: (reading) =>
    each(applications(reading), function* ([key, places]) {
      if (places.length > 1) yield `${key}: ${places.length} times`
    }),
}

const tokens: Check = {
  name: 'the ledger took no older token after a newer one',
  run: ({ evidence }) => {
    const newest = new Map<string, number>()
    return each(evidence.ledger, function* ({ subject, key, epoch, verdict }) {
      const seen = newest.get(subject) ?? 0
      newest.set(subject, Math.max(seen, epoch))
      if (verdict !== 'refused' && epoch < seen) yield `${subject}: ${key} with epoch ${epoch} after ${seen}`
      if (verdict === 'refused' && epoch >= seen) yield `${subject}: ${key} was refused with the newest epoch ${epoch}`
    })
  },
}

const owners: Check = {
  name: 'whoever had an effect owned the flip, with that epoch',
  run: ({ evidence, stories }) =>
    each(evidence.ledger, function* ({ subject, key, epoch, owner }: Entry) {
      const story = stories.get(key.slice(0, key.indexOf(':')))
      if (story?.subject !== subject) yield `${subject}: ${key} belongs to no flip`
      else if (story.owners.get(epoch) !== owner)
        yield `${subject}: ${key} by ${owner}, but epoch ${epoch} was ${story.owners.get(epoch) ?? 'nobody'}'s`
    }),
}

const committed: Check = {
  name: 'a committed flip has had the effect of each of its steps, and of no undo',
  run: (reading) => {
    const applied = applications(reading)
    return each(endedBy(reading, 'committed'), function* ({ subject, requested: { flipId, flip } }) {
      for (const name of stepsOf(flip, false)) {
        if (!applied.has(`${flipId}:${name}`)) yield `${subject}: ${flipId} committed without "${name}"`
        if (applied.has(`${flipId}:${name}${UNDO}`)) yield `${subject}: ${flipId} committed, and "${name}" was undone`
      }
    })
  },
}

const rolledBack: Check = {
  name: 'a flip that was rolled back has left no effect: each was undone after it happened, and the undos in reverse',
  run: (reading) => {
    const applied = applications(reading)
    const placeOf = (key: string): number | undefined => applied.get(key)?.at(-1)
    return each(endedBy(reading, 'rolledBack'), function* ({ subject, requested: { flipId, flip } }) {
      let undoneLast = Number.POSITIVE_INFINITY
      for (const name of stepsOf(flip, false)) {
        const did = placeOf(`${flipId}:${name}`)
        const undid = placeOf(`${flipId}:${name}${UNDO}`)
        if (did !== undefined && (undid === undefined || undid < did))
          yield `${subject}: ${flipId} rolled back, and "${name}" was ${undid === undefined ? 'not undone' : 'done after its undo'}`
        if (undid !== undefined && undid > undoneLast)
          yield `${subject}: ${flipId} undid "${name}" after an earlier step`
        undoneLast = undid ?? undoneLast
      }
    })
  },
}

function endedBy({ stories }: Reading, kind: 'committed' | 'rolledBack'): readonly Story[] {
  return [...stories.values()].filter(({ ends }) => ends[0]?.kind === kind)
}

const transactions: Check = {
  name: 'what a transaction wrote is there exactly once where its step or undo is recorded, by the same owner, and nowhere else',
  run: ({ evidence, stories }) => {
    const written = grouped(evidence.sales, ({ key }) => key)
    const recorded = new Map([...stories.values()].flatMap(transactionsOf))
    return each(new Set([...written.keys(), ...recorded.keys()]), function* (key) {
      const sales = written.get(key) ?? []
      const record = recorded.get(key)
      if (sales.length !== (record === undefined ? 0 : 1))
        yield `${key}: written ${sales.length} times, and ${record === undefined ? 'not ' : ''}recorded`
      else if (sales[0]?.epoch !== record?.epoch || sales[0]?.owner !== record?.owner)
        yield `${key}: written by ${sales[0]?.owner}, recorded by ${record?.owner}`
    })
  },
}

interface Recorded {
  readonly epoch: number
  readonly owner: string | undefined
}

function transactionsOf({ requested: { flipId, flip }, records, owners }: Story): readonly [string, Recorded][] {
  const atomic = stepsOf(flip, true)
  return records.flatMap((record): [string, Recorded][] => {
    if ((record.kind !== 'stepped' && record.kind !== 'undone') || !atomic.includes(record.step)) return []
    const key = `${flipId}:${record.step}${record.kind === 'undone' ? UNDO : ''}`
    return [[key, { epoch: record.epoch, owner: owners.get(record.epoch) }]]
  })
}

export const EFFECT_CHECKS: readonly Check[] = [once, tokens, owners, committed, rolledBack, transactions]
