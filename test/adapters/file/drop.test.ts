import { readdirSync, readFileSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createFileJournal, type FileJournal, type FileJournalOptions } from '../../../src/adapters/file/journal.ts'
import { type Disk, realDisk } from '../../../src/adapters/folder/index.ts'
import { checkChain } from '../../../src/audit/index.ts'
import type { Append } from '../../../src/ports/index.ts'
import { all, appendOf, headOf } from '../../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { signal } from '../../gate/stage.ts'
import { faultyDisk } from './faulty-disk.ts'
import { newFolder } from './folder.ts'
import { countIn, ONE, SECRET, STORY, secretFlip } from './secret.ts'

function journalIn(folder: string, options: FileJournalOptions = {}, disk: Disk = realDisk): FileJournal {
  const journal = createFileJournal(folder, { clock: virtualClock(), ...options }, disk)
  onTestFinished(() => journal.close())
  return journal
}

const DROP: Append = STORY.find(([, { drop }]) => drop !== undefined)?.[1] ?? appendOf(0)

/** A journal that holds all that comes before the drop. */
async function told(folder: string, options?: FileJournalOptions, disk?: Disk): Promise<FileJournal> {
  const journal = journalIn(folder, options, disk)
  for (const [subject, append] of STORY.slice(0, 6)) await journal.append(subject, append)
  return journal
}

const payloads = async (journal: FileJournal): Promise<readonly boolean[]> =>
  (await all(journal.history(ONE))).map(({ payload }) => payload !== '')
const segments = (folder: string): readonly string[] => readdirSync(folder).filter((name) => /^seg-\d+$/.test(name))
const bytesOf = (folder: string, name: string): number => statSync(`${folder}/${name}`).size

test('what is dropped is gone from records, heads and outcomes, and nothing else is, byte for byte', async () => {
  const folder = newFolder()
  const journal = await told(folder)
  for (const append of secretFlip(5, 'second')) await journal.append(ONE, append)
  // A record, a head's input and output in each of three lines; a record and an outcome in the last.
  expect(countIn(folder, SECRET)).toBe(22)
  const before = await all(journal.history(ONE))
  const size = bytesOf(folder, 'seg-000001')
  await journal.append(ONE, appendOf(9, { drop: [1, 2, 3, 4] }))
  expect(countIn(folder, SECRET)).toBe(11)
  expect(bytesOf(folder, 'seg-000001')).toBe(size)
  await journal.close()
  const later = journalIn(folder)
  const after = await all(later.history(ONE))
  expect(after.slice(0, 9)).toEqual(before.map((record, index) => (index < 4 ? { ...record, payload: '' } : record)))
  expect(await checkChain(ONE, after)).toBeUndefined()
  expect((await later.settled(ONE, 'second'))?.outcome).toMatchObject({ failure: { message: SECRET } })
})

test('the segment that is written is left first when what is dropped stands in it, and only then', async () => {
  const folder = newFolder()
  const journal = await told(folder)
  await journal.append(ONE, DROP)
  expect(segments(folder)).toHaveLength(2)
  await journal.append(ONE, appendOf(6, { drop: [1] }))
  await journal.append({ ...ONE, id: 'new' }, appendOf(0))
  expect(segments(folder)).toHaveLength(2)
  await journal.append({ ...ONE, id: 'new' }, appendOf(1, { drop: [1] }))
  expect(segments(folder)).toHaveLength(3)
})

test('an approval that is dropped is gone from the heads that waited for its flip', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  const approvals = [{ flip: 'f', fingerprint: 'x', actor: { id: SECRET }, at: 1, until: 2 }]
  await journal.append(ONE, appendOf(0))
  for (const version of [1, 2])
    await journal.append(
      ONE,
      appendOf(version, { head: headOf(version + 1, 1, { approvals }), records: [denied(version + 1)] }),
    )
  await journal.append(ONE, appendOf(3, { records: [denied(4)] }))
  expect(countIn(folder, SECRET)).toBe(2)
  await journal.append(ONE, appendOf(4, { drop: [2] }))
  expect(countIn(folder, SECRET)).toBe(0)
  expect(await payloads(journal)).toEqual([true, false, true, true, true])
})

function denied(n: number) {
  const rest = { act: undefined, flip: undefined, actor: undefined, guard: undefined, repeats: 0 }
  return { n, at: n, epoch: 1, kind: 'denied', by: 'guard', reason: 'r', ...rest } as const
}

test.each(['remove', 'create', 'write', 'datasync', 'rename', 'syncFolder'] as const)(
  'a disk that fails at %s leaves it open whether it is gone; nobody is shown it, and the same append again ends it',
  async (operation) => {
    const folder = newFolder()
    const disk = faultyDisk()
    const journal = await told(folder, {}, disk)
    // With that it begins to write a segment anew; the line that says so is stored by then.
    disk.before('remove', () => disk.fail(operation, 'EIO'))
    await expect(journal.append(ONE, DROP)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(await payloads(journal)).toEqual([false, false, false, false, true, true])
    await journal.append(ONE, DROP)
    expect(countIn(folder, SECRET)).toBe(0)
    expect((await journal.read(ONE))?.version).toBe(6)
  },
)

test('a drop that was not ended is ended when the folder is opened again', async () => {
  const folder = newFolder()
  const disk = faultyDisk()
  const journal = await told(folder, {}, disk)
  disk.fail('rename', 'EIO', 1)
  await expect(journal.append(ONE, DROP)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  expect(countIn(folder, SECRET)).toBeGreaterThan(0)
  await journal.close()
  const later = journalIn(folder)
  expect(await payloads(later)).toEqual([false, false, false, false, true, true])
  expect(countIn(folder, SECRET)).toBe(0)
})

test('bytes that were left behind when a sync failed are gone with what is dropped', async () => {
  const folder = newFolder()
  const disk = faultyDisk()
  const journal = journalIn(folder, {}, disk)
  const flip = secretFlip(0, 'first')
  for (const append of flip.slice(0, 3)) await journal.append(ONE, append)
  const [last] = flip.slice(3)
  disk.fail('datasync', 'EIO')
  await expect(journal.append(ONE, last ?? DROP)).rejects.toMatchObject({ code: 'JOURNAL_FAILED' })
  await journal.append(ONE, last ?? DROP)
  await journal.append(ONE, appendOf(4, { drop: [4] }))
  const rest = readFileSync(`${folder}/seg-000001`, 'utf8')
  expect(rest.split('\n')).toHaveLength(6)
  expect(rest).not.toContain('"op":"first end"')
  await journal.append(ONE, appendOf(5, { drop: [1, 2, 3] }))
  expect(countIn(folder, SECRET)).toBe(0)
})

test('an owner that was paused before its rename renames nothing once another has the folder', async () => {
  const folder = newFolder()
  const [paused, goOn] = [signal(), signal()]
  const slow: Disk = {
    ...realDisk,
    rename: async (from, to) => {
      paused.resolve()
      await goOn.promise
      return realDisk.rename(from, to)
    },
  }
  // Its clock stands still: it shows no life.
  const zombie = await told(folder, { ttl: 50 }, slow)
  const dropping = zombie.append(ONE, DROP)
  await paused.promise
  const heir = createFileJournal(folder, { ttl: 50, wait: '5s' }, realDisk)
  onTestFinished(() => heir.close())
  expect(await payloads(heir)).toEqual([false, false, false, false, true, true])
  await heir.append(ONE, appendOf(6))
  await heir.append(ONE, appendOf(7, { drop: [5] }))
  const before = segments(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  goOn.resolve()
  await expect(dropping).rejects.toMatchObject({ code: 'FENCED' })
  expect(segments(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))).toEqual(before)
  expect(readdirSync(folder).filter((name) => name.includes('.new-'))).toEqual([])
  expect(countIn(folder, SECRET)).toBe(0)
})
