import assert from 'node:assert/strict'
import { setImmediate as oneTurn } from 'node:timers/promises'
import type { FeedEntry, Journal, SubjectRef } from '../../ports/index.ts'
import type { JournalCase, JournalHarness } from './journal-case.ts'
import { all, appendOf, fill, headOf, NAMES, recordOf, refusesWith, SUBJECT, same } from './journal-samples.ts'

const PAUSE_MS = 20
const MOST_PAUSES = 500

const nameOf = ({ chart, id }: SubjectRef): string => JSON.stringify([chart, id])

/**
 * Goes on from `after` until `count` records have come, and looks that no more do. A record may come some time after it
 * was acknowledged: a store may wait for others that were begun before.
 */
export async function follow(
  { journal, clock }: Pick<JournalHarness, 'journal' | 'clock'>,
  count: number,
  { after, limit = 3 }: { readonly after?: string | undefined; readonly limit?: number } = {},
): Promise<{ readonly found: readonly FeedEntry[]; readonly cursor: string | undefined }> {
  const found: FeedEntry[] = []
  let cursor = after
  for (let pauses = 0; pauses < MOST_PAUSES; ) {
    const page = await journal.feed(cursor, limit)
    assert.ok(page.entries.length <= limit, `${page.entries.length} records, where ${limit} were asked for`)
    found.push(...page.entries)
    assert.ok(found.length <= count, `${found.length} records, where there are ${count}`)
    cursor = page.cursor
    if (page.more) continue
    if (found.length >= count) break
    pauses += 1
    await clock.advance(PAUSE_MS)
  }
  const { entries, more } = await journal.feed(cursor, limit)
  same([entries, more], [[], false])
  return { found, cursor }
}

/** That the records are those of the subjects' histories: each once, those of one subject in order. */
async function areAll(journal: Journal, found: readonly FeedEntry[], subjects: readonly SubjectRef[]): Promise<void> {
  const names = new Set(subjects.map(nameOf))
  assert.ok(found.every(({ subject }) => names.has(nameOf(subject))))
  for (const subject of subjects) {
    const own = found.filter((entry) => nameOf(entry.subject) === nameOf(subject)).map(({ sealed }) => sealed)
    same(own, await all(journal.history(subject)))
  }
}

async function write(journal: Journal, subject: SubjectRef, count: number): Promise<void> {
  for (let version = 0; version < count; version += 2) {
    const records = [recordOf(version + 1), recordOf(version + 2)]
    await journal.append(subject, appendOf(version, { records, head: headOf(version + 2, 1) }))
  }
}

const FEW: readonly SubjectRef[] = [
  { chart: 'a', id: '1' },
  { chart: 'a', id: '2' },
  { chart: 'b', id: '1' },
]

/** What auditors are promised. */
export const feedCases: readonly JournalCase[] = [
  {
    promise: 18,
    name: 'the feed gives every record of every subject once, whatever the limit, and again to who begins again',
    async run(harness) {
      for (const subject of FEW) await write(harness.journal, subject, 4)
      for (const limit of [1, 3, 5, 12, 100]) {
        await areAll(harness.journal, (await follow(harness, 12, { limit })).found, FEW)
      }
    },
  },
  {
    promise: 18,
    name: 'the feed gives records of subjects of any name, as history does',
    async run(harness) {
      for (const subject of NAMES) await fill(harness.journal, subject, 2)
      await areAll(harness.journal, (await follow(harness, NAMES.length * 2, { limit: 100 })).found, NAMES)
    },
  },
  {
    promise: 18,
    name: 'who goes on from a cursor is given what came since, also after the store was opened again',
    async run({ journal, clock, reopen }) {
      same((await journal.feed(undefined, 5)).entries, [])
      const [one, two, three] = FEW as [SubjectRef, SubjectRef, SubjectRef]
      const found: FeedEntry[] = []
      let after = (await journal.feed(undefined, 5)).cursor
      const goOn = async (now: Journal, count: number): Promise<void> => {
        const news = await follow({ journal: now, clock }, count, { after })
        found.push(...news.found)
        after = news.cursor
      }
      await write(journal, one, 4)
      await goOn(journal, 4)
      await write(journal, two, 2)
      await journal.append(one, appendOf(4))
      await goOn(journal, 3)
      await goOn(journal, 0)
      const now = reopen === undefined ? journal : await reopen()
      await goOn(now, 0)
      await write(now, three, 2)
      await now.append(one, appendOf(5))
      await goOn(now, 3)
      await areAll(now, found, FEW)
    },
  },
  {
    promise: 18,
    name: 'who follows while many write is given every record once, those of one subject in order',
    async run(harness) {
      const { journal } = harness
      const subjects = Array.from({ length: 8 }, (_, index) => ({ chart: 'c', id: `s${index}` }))
      const found: FeedEntry[] = []
      let isWriting = true
      let after: string | undefined
      const followed = (async () => {
        while (isWriting) {
          const page = await journal.feed(after, 7)
          found.push(...page.entries)
          after = page.cursor
          await oneTurn()
        }
      })()
      const writing = Promise.all(subjects.map((subject) => write(journal, subject, 10)))
      await writing.finally(() => {
        isWriting = false
      })
      await followed
      const rest = await follow(harness, 80 - found.length, { after, limit: 7 })
      await areAll(journal, [...found, ...rest.found], subjects)
    },
  },
  {
    promise: 18,
    name: 'a text that is no cursor is refused',
    async run({ journal }) {
      await fill(journal, SUBJECT, 1)
      const { cursor } = await journal.feed(undefined, 5)
      const near = [`${cursor}x`, `x${cursor}`, `${cursor} `]
      for (const text of ['', 'x', '1:', "0' or 1=1", '-1:0:0', '1:1:1:1:1', `${'9'.repeat(40)}:1:1`, ...near])
        await refusesWith('OPTION_INVALID', journal.feed(text, 5))
    },
  },
  {
    promise: 19,
    name: 'tips gives number and hash of the last record of every subject',
    async run({ journal }) {
      same(await all(journal.tips()), [])
      for (const [index, subject] of NAMES.entries()) await fill(journal, subject, 1 + (index % 3))
      await journal.append(NAMES[0] ?? SUBJECT, appendOf(1))
      const tips = await all(journal.tips())
      assert.equal(tips.length, NAMES.length)
      const byName = new Map(tips.map((tip) => [nameOf(tip.subject), tip]))
      for (const subject of NAMES) {
        const records = await all(journal.history(subject))
        same(byName.get(nameOf(subject)), { subject, n: records.length, hash: records.at(-1)?.hash })
      }
    },
  },
]
