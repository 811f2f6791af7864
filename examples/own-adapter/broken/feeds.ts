import type { Journal, Settled } from 'phasegate'
import type { JournalHarness } from 'phasegate/testing'
import type { Broken } from './bend.ts'
import { bent } from './journals.ts'

/** Outcomes as they were stored, whatever was dropped since. */
function tattling(journal: Journal): Partial<Journal> {
  const outcomes = new Map<string, Settled>()
  return {
    append: async (subject, append) => {
      await journal.append(subject, append)
      if (append.settled !== undefined) outcomes.set(append.settled.key, append.settled)
    },
    settled: async (subject, key) => (await journal.settled(subject, key)) && outcomes.get(key),
  }
}

/** What can be wrong with what auditors are promised. */
export const brokenFeeds: readonly Broken<JournalHarness>[] = [
  bent('keeps what it should drop', 17, (journal) => ({
    append: (subject, append) => journal.append(subject, { ...append, drop: undefined }),
  })),
  bent('drops, and still tells of it in the outcome', 17, tattling),
  bent('drops what it has, whatever else it is told', 17, (journal) => ({
    append: (subject, append) => {
      const drop = append.drop?.filter((n) => Number.isInteger(n) && n >= 1 && n <= append.expected.version)
      return journal.append(subject, { ...append, drop })
    },
  })),
  bent('passes one record over', 18, (journal) => ({
    feed: async (after, limit) => {
      const page = await journal.feed(after, limit)
      return { ...page, entries: after === undefined ? page.entries.slice(1) : page.entries }
    },
  })),
  bent('gives the same again to who goes on', 18, (journal) => ({
    feed: (_, limit) => journal.feed(undefined, limit),
  })),
  bent('gives records in any order', 18, (journal) => ({
    feed: async (after, limit) => {
      const page = await journal.feed(after, limit)
      return { ...page, entries: page.entries.toReversed() }
    },
  })),
  bent('gives more than it was asked for', 18, (journal) => ({
    feed: (after, limit) => journal.feed(after, limit + 1),
  })),
  bent('takes any text for a cursor', 18, (journal) => ({
    feed: (after, limit) => journal.feed(after, limit).catch(() => journal.feed(undefined, limit)),
  })),
  bent('says of a subject where it was', 19, (journal) => ({
    async *tips() {
      for await (const tip of journal.tips()) yield { ...tip, n: Math.max(1, tip.n - 1) }
    },
  })),
  bent('moves a bookmark from wherever it is', 20, (journal) => ({
    moveBookmark: async (name, _, to) => journal.moveBookmark(name, await journal.bookmark(name), to),
  })),
  bent('says that every bookmark was moved', 20, (journal) => ({
    moveBookmark: (name, from, to) => journal.moveBookmark(name, from, to).then(() => true),
  })),
  bent('has one bookmark for all', 20, (journal) => ({
    bookmark: () => journal.bookmark('b'),
    moveBookmark: (_, from, to) => journal.moveBookmark('b', from, to),
  })),
]
