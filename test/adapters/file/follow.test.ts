import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createFileJournal, type FileJournal, type FileJournalOptions } from '../../../src/adapters/file/journal.ts'
import { appendLine } from '../../../src/adapters/file/line.ts'
import { type Disk, realDisk } from '../../../src/adapters/folder/index.ts'
import { sealAll } from '../../../src/audit/index.ts'
import type { FeedEntry } from '../../../src/ports/index.ts'
import { all, appendOf, fill, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { signal } from '../../gate/stage.ts'
import { faultyDisk } from './faulty-disk.ts'
import { newFolder } from './folder.ts'

function journalIn(folder: string, options: FileJournalOptions = {}, disk: Disk = realDisk): FileJournal {
  const journal = createFileJournal(folder, { clock: virtualClock(), ...options }, disk)
  onTestFinished(() => journal.close())
  return journal
}

const sealed = (entries: readonly FeedEntry[]): readonly unknown[] => entries.map((entry) => entry.sealed)
const bookmarkIn = (folder: string): string =>
  `${folder}/${readdirSync(folder).find((name) => name.startsWith('bookmark-'))}`

test('the feed gives nothing that a former owner wrote too late, nor what was left behind', async () => {
  const folder = newFolder()
  const first = journalIn(folder, { ttl: 50 })
  await fill(first, SUBJECT, 2)
  const { cursor } = await first.feed(undefined, 1)
  const disk = faultyDisk()
  const second = createFileJournal(folder, { ttl: 50, wait: '5s' }, disk)
  onTestFinished(() => second.close())
  await second.open()
  const late = sealAll(SUBJECT, appendOf(2).records, (await all(second.history(SUBJECT))).at(-1)?.hash)
  appendFileSync(`${folder}/seg-000001`, appendLine(SUBJECT, appendOf(2), late, undefined))
  disk.fail('datasync', 'EIO')
  await expect(second.append(SUBJECT, appendOf(2))).rejects.toMatchObject({ code: 'JOURNAL_FAILED' })
  await second.append(SUBJECT, appendOf(2))
  const history = await all(second.history(SUBJECT))
  expect(sealed((await second.feed(undefined, 10)).entries)).toEqual(history)
  expect(sealed((await second.feed(cursor, 10)).entries)).toEqual(history.slice(1))
  await expect(first.feed(undefined, 10)).rejects.toMatchObject({ code: 'FENCED' })
})

test('a cursor stays good when what it stands in is written anew', async () => {
  const journal = journalIn(newFolder())
  await fill(journal, SUBJECT, 4)
  const { cursor } = await journal.feed(undefined, 3)
  await journal.append(SUBJECT, appendOf(4, { drop: [1, 2, 3, 4] }))
  const { entries } = await journal.feed(cursor, 10)
  expect(sealed(entries)).toEqual((await all(journal.history(SUBJECT))).slice(3))
})

test('the feed stops at a line that is not what was written, and names it', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  await fill(journal, SUBJECT, 4)
  const { cursor } = await journal.feed(undefined, 2)
  const path = `${folder}/seg-000001`
  writeFileSync(path, readFileSync(path, 'utf8').replace('"phase":"p4"', '"phase":"p9"'))
  await expect(journal.feed(cursor, 10)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    facts: { file: path, line: 6 },
  })
})

test('a segment that is just being made is not taken for that of another owner', async () => {
  const folder = newFolder()
  const [made, goOn] = [signal(), signal()]
  let isSlow = false
  const slow: Disk = {
    ...realDisk,
    create: async (path) => {
      const file = await realDisk.create(path)
      if (isSlow) made.resolve()
      if (isSlow) await goOn.promise
      return file
    },
  }
  const journal = journalIn(folder, { segmentBytes: 1_000 }, slow)
  await fill(journal, SUBJECT, 1)
  isSlow = true
  const rolling = journal.append(SUBJECT, appendOf(1))
  await made.promise
  const asked = [journal.read(SUBJECT), journal.feed(undefined, 1), journal.abandoned(SUBJECT.chart, 1)]
  goOn.resolve()
  await Promise.all([rolling, ...asked])
  expect((await journal.read(SUBJECT))?.version).toBe(2)
})

test('a bookmark that is not what was written is JOURNAL_CORRUPT, and is not moved', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  await journal.moveBookmark('audit', undefined, 'here')
  const path = bookmarkIn(folder)
  for (const text of [readFileSync(path, 'utf8').replace('here', 'gone'), '', '{}']) {
    writeFileSync(path, text)
    await expect(journal.bookmark('audit')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', facts: { file: path } })
    await expect(journal.moveBookmark('audit', 'here', 'x')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  }
})

test.each(['remove', 'create', 'write', 'datasync', 'rename', 'syncFolder'] as const)(
  'a bookmark whose move fails at %s is what it was, or what it should become',
  async (operation) => {
    const folder = newFolder()
    const disk = faultyDisk()
    const journal = journalIn(folder, {}, disk)
    await journal.moveBookmark('audit', undefined, 'one')
    disk.fail(operation, 'EIO')
    await expect(journal.moveBookmark('audit', 'one', 'two')).rejects.toMatchObject({
      code: 'JOURNAL_FAILED',
      facts: { operation: 'moveBookmark', cause: 'EIO' },
    })
    expect(await journal.bookmark('audit')).toBe(operation === 'syncFolder' ? 'two' : 'one')
    await journal.moveBookmark('audit', await journal.bookmark('audit'), 'three')
    expect(await journal.bookmark('audit')).toBe('three')
  },
)

test('an owner that was taken for dead moves no bookmark, not even when it wakes in the midst of it', async () => {
  const folder = newFolder()
  const [paused, goOn] = [signal(), signal()]
  let isSlow = false
  const slow: Disk = {
    ...realDisk,
    rename: async (from, to) => {
      paused.resolve()
      if (isSlow) await goOn.promise
      return realDisk.rename(from, to)
    },
  }
  const zombie = journalIn(folder, { ttl: 50 }, slow)
  await zombie.moveBookmark('audit', undefined, 'one')
  isSlow = true
  const moving = zombie.moveBookmark('audit', 'one', 'zombie')
  await paused.promise
  const heir = createFileJournal(folder, { ttl: 50, wait: '5s' }, realDisk)
  onTestFinished(() => heir.close())
  expect(await heir.moveBookmark('audit', 'one', 'heir')).toBe(true)
  goOn.resolve()
  await expect(moving).rejects.toMatchObject({ code: 'FENCED' })
  await expect(zombie.moveBookmark('audit', 'one', 'zombie')).rejects.toMatchObject({ code: 'FENCED' })
  await expect(zombie.bookmark('audit')).rejects.toMatchObject({ code: 'FENCED' })
  expect(await heir.bookmark('audit')).toBe('heir')
})
