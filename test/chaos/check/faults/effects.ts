import { type Evidence, readingOf } from '../../evidence.ts'
import type { Entry } from '../../ledger.ts'
import { type Fault, hasCommitted, one, replaced } from './plant.ts'

const TRANSACTIONS =
  'what a transaction wrote is there exactly once where its step or undo is recorded, by the same owner, and nowhere else'

export const EFFECT_FAULTS: readonly Fault[] = [
  {
    name: 'an effect happened twice',
    check: 'the effect of a step key happened at most once',
    plant({ ledger, ...rest }) {
      const entry = one(ledger, ({ verdict }) => verdict === 'applied')
      return { ...rest, ledger: replaced(ledger, entry, entry, entry) }
    },
  },
  {
    name: 'an old owner had an effect after a new one',
    check: 'the ledger took no older token after a newer one',
    plant({ ledger, ...rest }) {
      const newer = one([...ledger].reverse(), ({ epoch }) => epoch > 1)
      return { ...rest, ledger: [...ledger, { ...newer, key: `${newer.key}:late`, epoch: newer.epoch - 1 }] }
    },
  },
  {
    name: 'somebody had an effect who did not own the flip',
    check: 'whoever had an effect owned the flip, with that epoch',
    plant({ ledger, ...rest }) {
      const entry = one(ledger, () => true)
      return { ...rest, ledger: replaced(ledger, entry, { ...entry, owner: 'somebody' }) }
    },
  },
  {
    name: 'a step of a committed flip had no effect',
    check: 'a committed flip has had the effect of each of its steps, and of no undo',
    plant: (evidence) => without(evidence, committedEntry(evidence)),
  },
  {
    name: 'a step of a committed flip was undone',
    check: 'a committed flip has had the effect of each of its steps, and of no undo',
    plant(evidence) {
      const entry = committedEntry(evidence)
      return { ...evidence, ledger: [...evidence.ledger, { ...entry, key: `${entry.key}:undo` }] }
    },
  },
  {
    name: 'an effect of a flip that was rolled back stayed',
    check:
      'a flip that was rolled back has left no effect: each was undone after it happened, and the undos in reverse',
    plant: (evidence) => without(evidence, undoneEntries(evidence).undo),
  },
  {
    name: 'an effect came after its undo',
    check:
      'a flip that was rolled back has left no effect: each was undone after it happened, and the undos in reverse',
    plant(evidence) {
      const { done } = undoneEntries(evidence)
      return { ...evidence, ledger: [...replaced(evidence.ledger, done), done] }
    },
  },
  {
    name: 'a transaction wrote twice',
    check: TRANSACTIONS,
    plant: ({ sales, ...rest }) => ({ ...rest, sales: [...sales, ...sales.slice(0, 1)] }),
  },
  {
    name: 'what a transaction wrote was lost',
    check: TRANSACTIONS,
    plant: ({ sales, ...rest }) => ({ ...rest, sales: sales.slice(1) }),
  },
  {
    name: 'what was taken back of a transaction stayed',
    check: TRANSACTIONS,
    plant: ({ sales, ...rest }) => ({ ...rest, sales: [...sales, { key: 'f-1:sell', epoch: 1, owner: 'somebody' }] }),
  },
]

function without(evidence: Evidence, entry: Entry): Evidence {
  return { ...evidence, ledger: replaced(evidence.ledger, entry) }
}

/** The effect of a step of a flip that was committed. */
function committedEntry(evidence: Evidence): Entry {
  const { stories } = readingOf(evidence)
  return one(evidence.ledger, ({ key, verdict }) => {
    const story = stories.get(key.slice(0, key.indexOf(':')))
    return verdict === 'applied' && story !== undefined && hasCommitted(story)
  })
}

/** The effect of a step, and that of its undo. */
function undoneEntries({ ledger }: Evidence): { readonly done: Entry; readonly undo: Entry } {
  const applied = new Map(ledger.filter(({ verdict }) => verdict === 'applied').map((entry) => [entry.key, entry]))
  const done = one(applied.values(), ({ key }) => applied.has(`${key}:undo`))
  return { done, undo: applied.get(`${done.key}:undo`) ?? done }
}
