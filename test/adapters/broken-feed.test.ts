import { describe, expect, test } from 'vitest'
import type { Journal, Settled } from '../../src/ports/index.ts'
import { type Break, brokenPromises } from './bent.ts'

// What auditors are promised, and what each broken promise of it looks like.

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

const BROKEN: readonly (readonly [name: string, promise: number, break_: Break])[] = [
  [
    'keeps what it should drop',
    17,
    (journal) => ({ append: (subject, append) => journal.append(subject, { ...append, drop: undefined }) }),
  ],
  ['drops, and still tells of it in the outcome', 17, (journal) => tattling(journal)],
  [
    'drops what it has, whatever else it is told',
    17,
    (journal) => ({
      append: (subject, append) =>
        journal.append(subject, {
          ...append,
          drop: append.drop?.filter((n) => n >= 1 && n <= append.expected.version),
        }),
    }),
  ],
  [
    'passes one record over',
    18,
    (journal) => ({
      feed: async (after, limit) => {
        const page = await journal.feed(after, limit)
        return { ...page, entries: after === undefined ? page.entries.slice(1) : page.entries }
      },
    }),
  ],
  [
    'gives the same again to who goes on',
    18,
    (journal) => ({ feed: async (_, limit) => journal.feed(undefined, limit) }),
  ],
  [
    'gives records in any order',
    18,
    (journal) => ({
      feed: async (after, limit) => {
        const page = await journal.feed(after, limit)
        return { ...page, entries: page.entries.toReversed() }
      },
    }),
  ],
  ['gives more than it was asked for', 18, (journal) => ({ feed: (after, limit) => journal.feed(after, limit + 1) })],
  [
    'takes any text for a cursor',
    18,
    (journal) => ({ feed: (after, limit) => journal.feed(after, limit).catch(() => journal.feed(undefined, limit)) }),
  ],
  [
    'says of a subject where it was',
    19,
    (journal) => ({
      async *tips() {
        for await (const tip of journal.tips()) yield { ...tip, n: Math.max(1, tip.n - 1) }
      },
    }),
  ],
  [
    'moves a bookmark from wherever it is',
    20,
    (journal) => ({
      moveBookmark: async (name, _, to) => journal.moveBookmark(name, await journal.bookmark(name), to),
    }),
  ],
  [
    'has one bookmark for all',
    20,
    (journal) => ({
      bookmark: () => journal.bookmark('b'),
      moveBookmark: (_, from, to) => journal.moveBookmark('b', from, to),
    }),
  ],
]

describe('a journal that', () => {
  test.each(BROKEN)('%s breaks promise %i', async (_name, promise, break_) => {
    expect(await brokenPromises(break_)).toContain(promise)
  })
})
