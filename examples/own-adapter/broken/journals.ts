import { isPhasegateError, type Journal, type SealedRecord, type Settled } from 'phasegate'
import { type JournalHarness, virtualClock } from 'phasegate/testing'
import { tapeJournal } from '../journal.ts'
import { type Tape, tape } from '../tape.ts'
import { type Broken, bend } from './bend.ts'

/** The methods of a journal that do not do as they should. */
type Bent = (journal: Journal) => Partial<Journal>

/** A journal that is bent also when it is opened again. */
function bent(name: string, breaks: number, changes: Bent): Broken<JournalHarness> {
  return onTape(name, breaks, (kept, now) => {
    const journal: Journal = tapeJournal(kept, now)
    return bend(journal, changes(journal))
  })
}

function onTape(
  name: string,
  breaks: number,
  open: (kept: Tape, now: () => number) => Journal,
): Broken<JournalHarness> {
  return {
    name,
    breaks,
    harness: () => {
      const clock = virtualClock()
      const kept = tape()
      return { journal: open(kept, clock.now), clock, reopen: async () => open(kept, clock.now) }
    },
  }
}

/** The tape is told of some lines later than it says: too late for who opens it again. */
function lazy(kept: Tape): Tape {
  let adds = 0
  return { ...kept, read: kept.read, add: (line) => (++adds % 3 === 0 ? undefined : kept.add(line)) }
}

/** Every read is of the time before the last append. */
function lagging(journal: Journal): Partial<Journal> {
  const before = new Map<string, Awaited<ReturnType<Journal['read']>>>()
  return {
    append: async (subject, append) => {
      before.set(JSON.stringify(subject), await journal.read(subject))
      await journal.append(subject, append)
    },
    read: async (subject) => before.get(JSON.stringify(subject)),
  }
}

/** Outcomes in an object, which has keys of its own. */
function inObject(journal: Journal): Partial<Journal> {
  const outcomes: Record<string, Settled> = {}
  return {
    append: async (subject, append) => {
      await journal.append(subject, append)
      if (append.settled !== undefined) outcomes[append.settled.key] = append.settled
    },
    settled: async (_, key) => outcomes[key],
  }
}

/** Outcomes that are kept before it is known whether the append is. */
function hasty(journal: Journal): Partial<Journal> {
  const outcomes = new Map<string, Settled>()
  return {
    append: async (subject, append) => {
      if (append.settled !== undefined) outcomes.set(append.settled.key, append.settled)
      await journal.append(subject, append)
    },
    settled: async (subject, key) => outcomes.get(key) ?? journal.settled(subject, key),
  }
}

async function* mapped(records: AsyncIterable<SealedRecord>, change: (record: SealedRecord) => SealedRecord) {
  for await (const record of records) yield change(record)
}

const pretty = (text: string): string => (text === '' ? '' : JSON.stringify(JSON.parse(text), null, 1))

/** What can be wrong with what is appended and asked. */
export const brokenJournals: readonly Broken<JournalHarness>[] = [
  bent('acknowledges and forgets', 1, () => ({ append: async () => undefined })),
  bent('forgets the outcome', 1, (journal) => ({
    append: (subject, append) => journal.append(subject, { ...append, settled: undefined }),
  })),
  bent('does not look at the expected version', 2, (journal) => ({
    append: async (subject, append) => {
      const { version = 0, epoch = 0 } = (await journal.read(subject)) ?? {}
      return journal.append(subject, { ...append, expected: { version, epoch } })
    },
  })),
  bent('does not look at the expected epoch', 2, (journal) => ({
    append: async (subject, append) => {
      const epoch = (await journal.read(subject))?.epoch ?? 0
      return journal.append(subject, { ...append, expected: { ...append.expected, epoch } })
    },
  })),
  bent('does not look at what a claim claims', 2, (journal) => ({
    append: (subject, append) => journal.append(subject, { ...append, claim: undefined }),
  })),
  bent('keeps the outcome of an append that it refuses', 2, hasty),
  bent('takes a lost race for a success', 3, (journal) => ({
    append: (subject, append) =>
      journal.append(subject, append).catch((error) => {
        if (!isPhasegateError(error, 'JOURNAL_CONFLICT')) throw error
      }),
  })),
  bent('writes an older epoch', 3, (journal) => ({
    append: async (subject, append) => {
      const { epoch = 0 } = (await journal.read(subject)) ?? {}
      return journal.append(subject, { ...append, head: { ...append.head, epoch: Math.max(epoch, append.head.epoch) } })
    },
  })),
  bent('ignores the op id', 4, (journal) => ({
    append: (subject, append) => journal.append(subject, { ...append, opId: `${append.opId} ${Math.random()}` }),
  })),
  onTape('acknowledges before it is on the tape', 5, (kept, now) => tapeJournal(lazy(kept), now)),
  bent('reads from a copy that lags', 7, lagging),
  bent('keeps its outcomes in a plain object', 8, inObject),
  bent('never forgets an outcome', 8, (journal) => ({
    append: (subject, append) => journal.append(subject, { ...append, forget: undefined }),
  })),
  bent('writes the JSON of records anew', 9, (journal) => ({
    history: (subject, range) =>
      mapped(journal.history(subject, range), (record) => ({ ...record, payload: pretty(record.payload) })),
  })),
  bent('leaves the last record of a range out', 9, (journal) => ({
    history: (subject, { from = 1, to } = {}) =>
      journal.history(subject, to === undefined ? { from } : { from, to: to - 1 }),
  })),
  bent('renews what has run out', 10, (journal) => ({
    renew: async (subject, epoch) => (await journal.read(subject))?.epoch === epoch,
  })),
  bent('does not look at the epoch of who renews', 10, (journal) => ({
    renew: async (subject, _, ttlMs) => journal.renew(subject, (await journal.read(subject))?.epoch ?? 0, ttlMs),
  })),
  bent('never answers yes to a renewal', 10, () => ({ renew: async () => false })),
  bent('keeps a lease that is given back', 10, (journal) => ({
    append: (subject, append) =>
      journal.append(subject, { ...append, lease: append.lease === 'release' ? 'keep' : append.lease }),
  })),
  bent('gives no more than one abandoned flip', 11, (journal) => ({
    abandoned: (chart) => journal.abandoned(chart, 1),
  })),
  bent('looks at whichever flip is abandoned', 11, (journal) => ({
    abandoned: (chart, limit) => journal.abandoned(chart, limit),
  })),
  bent('knows no timers', 11, () => ({ due: async () => [] })),
  bent('takes nothing for stuck', 11, () => ({ stuck: async () => [] })),
  bent('tells of a subject once for each record', 12, (journal) => ({
    async *heads(chart) {
      for await (const found of journal.heads(chart)) for (let n = 0; n < found.head.version; n++) yield found
    },
  })),
  bent('folds the case of names', 13, (journal) => ({
    read: (subject) => journal.read({ ...subject, id: subject.id.toLowerCase() }),
    append: (subject, append) => journal.append({ ...subject, id: subject.id.toLowerCase() }, append),
  })),
  bent('goes on after close', 14, () => ({ close: async () => undefined })),
]

export { bent }
