import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { type FileJournal, type FileJournalOptions, fileJournal } from '../../../src/adapters/file/index.ts'
import { ownerLine, RELEASED } from '../../../src/adapters/file/line.ts'
import { thisOwner } from '../../../src/adapters/folder/index.ts'
import { all, appendOf, fill, flipOf, headOf, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { newFolder } from './folder.ts'

function journalIn(folder: string, options: FileJournalOptions = {}): FileJournal {
  const journal = fileJournal(folder, { clock: virtualClock(), ...options })
  onTestFinished(() => journal.close())
  return journal
}

/** A folder with a closed journal: `count` records of one subject, in one segment. */
async function written(count: number, options: FileJournalOptions = {}): Promise<string> {
  const folder = newFolder()
  const journal = journalIn(folder, options)
  await fill(journal, SUBJECT, count)
  await journal.close()
  return folder
}

/** Makes the newest segment look as if its owner had been killed. */
function kill(folder: string): void {
  const path = `${folder}/${readdirSync(folder).sort().at(-1)}`
  const [, ...lines] = readFileSync(path, 'utf8').replace(RELEASED, '').split('\n')
  const owner = ownerLine({ ...thisOwner(15_000), pid: 2 ** 30 })
  writeFileSync(path, owner + lines.join('\n'))
}

const segment = (folder: string, number: number): string => `${folder}/seg-00000${number}`
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n')
const snapshot = (folder: string): unknown =>
  readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')])
const code = (name: string): unknown => expect.objectContaining({ code: name })

test('a torn last line is cut, recorded, and what came before it is kept', async () => {
  const folder = await written(3)
  kill(folder)
  appendFileSync(segment(folder, 1), linesOf(segment(folder, 1))[4]?.slice(0, 300) ?? '')
  const journal = journalIn(folder)
  expect((await journal.read(SUBJECT))?.version).toBe(3)
  await journal.append(SUBJECT, appendOf(3))
  await journal.close()
  expect(linesOf(segment(folder, 2))[1]).toContain('"cut":300')
  expect((await all(journalIn(folder).history(SUBJECT))).length).toBe(4)
})

test('a journal cut off at any byte of its last line opens with the records before it', async () => {
  const folder = await written(2)
  kill(folder)
  const whole = readFileSync(segment(folder, 1))
  const kept = linesOf(segment(folder, 1)).slice(0, 3).join('\n').length + 1
  const last = linesOf(segment(folder, 1))[3]?.length ?? 0
  for (let cut = 0; cut <= last; cut += 97) {
    const copy = newFolder()
    writeFileSync(segment(copy, 1), whole.subarray(0, kept + cut))
    const journal = journalIn(copy)
    expect((await journal.read(SUBJECT))?.version).toBe(1)
  }
})

const harm: readonly (readonly [string, number, (lines: string[]) => void])[] = [
  ['a changed byte in the middle', 4, (lines) => lines.splice(3, 1, lines[3]?.replace('"p2"', '"p9"') ?? '')],
  ['a changed byte in the last line', 6, (lines) => lines.splice(5, 1, lines[5]?.replace('"p4"', '"p9"') ?? '')],
  ['a deleted line', 4, (lines) => lines.splice(3, 1)],
  ['a line given twice', 5, (lines) => lines.splice(3, 0, lines[3] ?? '')],
  ['two lines swapped', 4, (lines) => lines.splice(3, 2, lines[4] ?? '', lines[3] ?? '')],
  ['an empty line', 4, (lines) => lines.splice(3, 0, '')],
  ['a line of something else', 4, (lines) => lines.splice(3, 0, '{"hello":"world"}')],
  ['bytes that are not text', 4, (lines) => lines.splice(3, 1, '\ud800')],
]
test.each(harm)('%s is JOURNAL_CORRUPT at line %i, and nothing is changed', async (_name, line, spoil) => {
  const folder = await written(4)
  const lines = linesOf(segment(folder, 1))
  spoil(lines)
  writeFileSync(segment(folder, 1), lines.join('\n'))
  const before = snapshot(folder)
  await expect(journalIn(folder).read(SUBJECT)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    facts: { file: segment(folder, 1), line },
  })
  expect(snapshot(folder)).toEqual(before)
})

test('a segment that lost its end, or is gone, is JOURNAL_CORRUPT once another has accounted for it', async () => {
  const folder = await written(3)
  const second = journalIn(folder)
  await second.open()
  await second.close()
  truncateSync(segment(folder, 1), linesOf(segment(folder, 1)).slice(0, 4).join('\n').length + 1)
  await expect(journalIn(folder).open()).rejects.toThrow(code('JOURNAL_CORRUPT'))
  rmSync(segment(folder, 1))
  await expect(journalIn(folder).open()).rejects.toThrow(code('JOURNAL_CORRUPT'))
})

test('a line damaged while the journal is open is found by history, and by nothing told as true', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  await fill(journal, SUBJECT, 3)
  const text = readFileSync(segment(folder, 1), 'utf8')
  writeFileSync(segment(folder, 1), text.replace('"p2"', '"p9"'))
  await expect(all(journal.history(SUBJECT))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', facts: { line: 4 } })
})

test('a segment that vanished while the journal is open is JOURNAL_FAILED with the system’s reason', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  await fill(journal, SUBJECT, 1)
  rmSync(segment(folder, 1))
  await expect(all(journal.history(SUBJECT))).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { cause: 'ENOENT' },
  })
})

test('what a former owner wrote after it was accounted for is ignored', async () => {
  const folder = await written(2)
  const late = await written(3)
  await journalIn(folder).close()
  const owner = journalIn(folder)
  await owner.append(SUBJECT, appendOf(2, { head: headOf(3, 1, { phase: 'of the new owner' }) }))
  appendFileSync(segment(folder, 1), `${linesOf(segment(late, 1))[4]}\n`)
  await owner.close()
  const later = journalIn(folder)
  expect(await later.read(SUBJECT)).toMatchObject({ version: 3, phase: 'of the new owner' })
  expect((await all(later.history(SUBJECT))).length).toBe(3)
})

test('owners that died before they had read anything leave segments that count for nothing', async () => {
  const folder = await written(2)
  writeFileSync(segment(folder, 2), '')
  writeFileSync(segment(folder, 3), linesOf(segment(folder, 1))[0]?.slice(0, 40) ?? '')
  const journal = journalIn(folder, { ttl: 1 })
  await expect.poll(() => journal.open().catch((error) => error.code)).toBeUndefined()
  await journal.append(SUBJECT, appendOf(2))
  await journal.close()
  expect((await all(journalIn(folder).history(SUBJECT))).length).toBe(3)
})

test('segments follow one another as they fill, and all of them are read', async () => {
  const folder = await written(30, { segmentBytes: 3_000 })
  expect(readdirSync(folder).length).toBeGreaterThan(5)
  expect((await all(journalIn(folder).history(SUBJECT))).length).toBe(30)
})

test('files that are none of the journal’s are left alone', async () => {
  const folder = await written(1)
  for (const name of ['notes.txt', 'seg-1', 'seg-000001.bak', '.DS_Store']) writeFileSync(`${folder}/${name}`, 'x')
  expect((await journalIn(folder).read(SUBJECT))?.version).toBe(1)
})

test('nothing is touched before the first use, nor by a journal that was never used', async () => {
  const folder = `${newFolder()}/deep/state`
  const journal = journalIn(folder)
  await journal.close()
  expect(() => readdirSync(folder)).toThrow('ENOENT')
  await journalIn(folder).open()
  expect(readdirSync(folder)).toEqual(['seg-000001'])
})

test('of two journals in one process the second is told who owns the folder, and may try again', async () => {
  const folder = newFolder()
  const first = journalIn(folder)
  await first.open()
  const second = journalIn(folder)
  await expect(second.read(SUBJECT)).rejects.toMatchObject({
    code: 'JOURNAL_OWNED',
    facts: { folder, owner: expect.stringContaining(`process ${process.pid} on `) },
  })
  await first.close()
  expect(await second.read(SUBJECT)).toBeUndefined()
})

test('of many that open one folder at once exactly one gets it', async () => {
  const folder = await written(1)
  const opened = await Promise.allSettled(Array.from({ length: 8 }, () => journalIn(folder).open()))
  expect(opened.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  for (const result of opened) if (result.status === 'rejected') expect(result.reason).toEqual(code('JOURNAL_OWNED'))
})

test('who waits gets the folder when the owner closes, and is refused when its time is over', async () => {
  const folder = newFolder()
  const clock = virtualClock()
  const first = journalIn(folder)
  await first.open()
  const impatient = journalIn(folder, { wait: '1s', clock })
    .open()
    .catch((error) => error.code)
  await expect.poll(async () => (await clock.advance(100), clock.monotonic() > 1_500)).toBe(true)
  expect(await impatient).toBe('JOURNAL_OWNED')
  let isOpen = false
  const patient = journalIn(folder, { wait: '1h', clock })
    .open()
    .then(() => {
      isOpen = true
    })
  await first.close()
  await expect.poll(async () => (await clock.advance(250), isOpen)).toBe(true)
  await patient
})

test('flips in progress count as abandoned as soon as the folder is opened again', async () => {
  const folder = newFolder()
  const journal = journalIn(folder)
  const head = headOf(1, 1, { flip: flipOf() })
  await journal.append(SUBJECT, appendOf(0, { head, lease: { ttlMs: 1e9 } }))
  expect(await journal.abandoned(SUBJECT.chart, 5)).toEqual([])
  await journal.close()
  const later = journalIn(folder)
  expect(await later.abandoned(SUBJECT.chart, 5)).toEqual([SUBJECT.id])
  expect(await later.renew(SUBJECT, 1, 1_000)).toBe(false)
})

test.each([
  ['fileJournal options.waits', () => fileJournal('x', { waits: '1s' } as never)],
  ['folder', () => fileJournal('')],
  ['folder', () => fileJournal('a\0b')],
  ['folder', () => fileJournal(undefined as never)],
  ['wait', () => fileJournal('x', { wait: 'soon' as never })],
  ['ttl', () => fileJournal('x', { ttl: 0 })],
  ['ttl', () => fileJournal('x', { ttl: -1 })],
  ['segmentBytes', () => fileJournal('x', { segmentBytes: 0 })],
  ['segmentBytes', () => fileJournal('x', { segmentBytes: '1' as never })],
])('a wrong %s is refused by name', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }))
})

test('a folder that cannot be had is JOURNAL_FAILED with the system’s reason', async () => {
  const file = `${newFolder()}/file`
  writeFileSync(file, '')
  await expect(journalIn(`${file}/below`).open()).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { cause: 'ENOTDIR' },
  })
  await expect(journalIn(file).open()).rejects.toMatchObject({ code: 'JOURNAL_FAILED', facts: { cause: 'EEXIST' } })
})

test('a folder that may not be written is JOURNAL_FAILED', async () => {
  // Root may write everywhere: be somebody else for the while.
  if (process.geteuid?.() === 0) {
    onTestFinished(() => process.seteuid?.(0))
    process.seteuid?.('nobody')
  }
  const folder = `${newFolder()}/locked`
  mkdirSync(folder, 0o500)
  await expect(journalIn(folder).open()).rejects.toMatchObject({ code: 'JOURNAL_FAILED', facts: { cause: 'EACCES' } })
})

test('segments can be read by their owner alone', async () => {
  const folder = await written(1)
  expect(statSync(segment(folder, 1)).mode & 0o777).toBe(0o600)
})
