import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createFileJournal, type FileJournal, type FileJournalOptions } from '../../../src/adapters/file/journal.ts'
import { all, appendOf, fill, headOf, recordOf, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { type FaultyDisk, faultyDisk } from './faulty-disk.ts'
import { newFolder } from './folder.ts'

interface Bench {
  readonly folder: string
  readonly disk: FaultyDisk
  readonly journal: FileJournal
  /** What a later process finds. */
  again(): FileJournal
}

async function setUp(options: FileJournalOptions = {}): Promise<Bench> {
  const folder = newFolder()
  const disk = faultyDisk()
  const open = (on: FaultyDisk): FileJournal => {
    const journal = createFileJournal(folder, { clock: virtualClock(), ...options }, on)
    onTestFinished(() => journal.close())
    return journal
  }
  const journal = open(disk)
  await journal.open()
  disk.asked.length = 0
  return { folder, disk, journal, again: () => open(faultyDisk()) }
}

const subject = (id: number): typeof SUBJECT => ({ ...SUBJECT, id: `s${id}` })
const code = (name: string): unknown => expect.objectContaining({ code: name })

test('appends that wait at the same moment share one write and one sync', async () => {
  const { disk, journal } = await setUp()
  await Promise.all(Array.from({ length: 50 }, (_, id) => journal.append(subject(id), appendOf(0))))
  expect([disk.count('write'), disk.count('datasync')]).toEqual([1, 1])
})

test('a lone append is written at once: no timer, one write, one sync, then one look for a successor', async () => {
  const { disk, journal } = await setUp()
  await journal.append(SUBJECT, appendOf(0))
  expect(disk.asked).toEqual(['write', 'datasync', 'exists'])
})

test('appends that arrive during a write share the next one', async () => {
  const { disk, journal } = await setUp()
  const late: Promise<void>[] = []
  disk.before('datasync', () => {
    for (let id = 1; id <= 20; id++) late.push(journal.append(subject(id), appendOf(0)))
  })
  await journal.append(subject(0), appendOf(0))
  await Promise.all(late)
  expect(disk.count('datasync')).toBe(2)
})

test('a full disk refuses the append, keeps what it had, and goes on when there is space', async () => {
  const { disk, journal, again } = await setUp()
  await fill(journal, SUBJECT, 2)
  disk.space = 100
  const refused = appendOf(2)
  await expect(journal.append(SUBJECT, refused)).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { operation: 'append', cause: 'ENOSPC' },
  })
  expect((await journal.read(SUBJECT))?.version).toBe(2)
  disk.space = Number.POSITIVE_INFINITY
  await journal.append(SUBJECT, refused)
  await journal.close()
  expect((await all(again().history(SUBJECT))).length).toBe(3)
})

test('of a batch that fits in part nothing is stored', async () => {
  const { disk, journal, again } = await setUp()
  disk.space = 1_500
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((id) => journal.append(subject(id), appendOf(0))))
  expect(results.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
  disk.space = Number.POSITIVE_INFINITY
  await journal.append(subject(9), appendOf(0))
  await journal.close()
  const heads = await all(again().heads(SUBJECT.chart))
  expect(heads.map(({ id }) => id)).toEqual(['s9'])
})

test('a sync that failed leaves its append behind in a segment that no longer counts so far', async () => {
  const { disk, journal, again } = await setUp()
  await fill(journal, SUBJECT, 1)
  disk.fail('datasync', 'EIO')
  await expect(journal.append(SUBJECT, appendOf(1))).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { cause: 'EIO' },
  })
  await journal.append(SUBJECT, appendOf(1, { head: headOf(2, 1, { phase: 'second try' }) }))
  await journal.close()
  const later = again()
  expect(await later.read(SUBJECT)).toMatchObject({ version: 2, phase: 'second try' })
  expect((await all(later.history(SUBJECT))).length).toBe(2)
})

test('bytes that can be neither taken back nor left behind are an unknown outcome, until writing works again', async () => {
  const { disk, journal, again } = await setUp()
  await fill(journal, SUBJECT, 1)
  disk.fail('datasync', 'EIO', 1)
  disk.fail('create', 'ENOSPC', 3)
  const append = appendOf(1)
  await expect(journal.append(SUBJECT, append)).rejects.toThrow(code('OUTCOME_UNKNOWN'))
  await expect(journal.read(SUBJECT)).rejects.toThrow(code('JOURNAL_FAILED'))
  await expect(journal.append(SUBJECT, append)).rejects.toThrow(code('OUTCOME_UNKNOWN'))
  expect((await journal.read(SUBJECT))?.version).toBe(1)
  await journal.append(SUBJECT, append)
  await journal.close()
  expect((await all(again().history(SUBJECT))).length).toBe(2)
})

test('a disk that fails for everything tells other subjects that nothing of theirs was stored', async () => {
  const { disk, journal } = await setUp()
  disk.fail('datasync', 'EIO')
  disk.fail('create', 'EIO', 2)
  await expect(journal.append(subject(1), appendOf(0))).rejects.toThrow(code('OUTCOME_UNKNOWN'))
  await expect(journal.append(subject(2), appendOf(0))).rejects.toThrow(code('JOURNAL_FAILED'))
  await journal.append(subject(2), appendOf(0))
  await journal.append(subject(1), appendOf(0))
})

test.each(['create', 'syncFolder', 'write', 'datasync'] as const)(
  'a new segment that fails at %s is tried again',
  async (operation) => {
    const { disk, journal, again } = await setUp({ segmentBytes: 1_000 })
    await fill(journal, SUBJECT, 1)
    disk.fail(operation, 'ENOSPC')
    await expect(journal.append(SUBJECT, appendOf(1))).rejects.toThrow(code('JOURNAL_FAILED'))
    await journal.append(SUBJECT, appendOf(1))
    await journal.close()
    expect((await all(again().history(SUBJECT))).length).toBe(2)
  },
)

test('who finds a successor after its sync acknowledges nothing, now or later', async () => {
  const { folder, disk, journal } = await setUp()
  await fill(journal, SUBJECT, 1)
  disk.before('datasync', () => writeFileSync(`${folder}/seg-000002`, ''))
  await expect(journal.append(SUBJECT, appendOf(1))).rejects.toMatchObject({
    code: 'FENCED',
    facts: { subject: 'contract/one', epoch: 1, current: undefined },
  })
  const written = disk.count('write')
  await expect(journal.append(SUBJECT, appendOf(1))).rejects.toThrow(code('FENCED'))
  await expect(journal.read(SUBJECT)).rejects.toThrow(code('FENCED'))
  await expect(journal.abandoned(SUBJECT.chart, 1)).rejects.toThrow(code('FENCED'))
  await expect(all(journal.history(SUBJECT))).rejects.toThrow(code('FENCED'))
  expect(await journal.renew(SUBJECT, 1, 1_000)).toBe(false)
  await journal.close()
  expect(disk.count('write')).toBe(written)
})

test('a successor that cannot be looked for is no successor that is not there: nothing is acknowledged', async () => {
  const { disk, journal } = await setUp()
  disk.fail('exists', 'EACCES')
  await expect(journal.append(SUBJECT, appendOf(0))).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { cause: 'EACCES' },
  })
  await journal.append(SUBJECT, appendOf(0))
})

test('life is shown three times in each ttl, while the journal is open', async () => {
  const clock = virtualClock()
  const { disk, journal } = await setUp({ clock, ttl: '9s' })
  for (let beat = 1; beat <= 3; beat++) {
    await expect.poll(() => clock.pending()).toBe(1)
    await clock.advance(3_000)
    expect(disk.count('touch')).toBe(beat)
  }
  await journal.close()
  expect(clock.pending()).toBe(0)
})

test('appends under way when the journal is closed are ended first', async () => {
  const { journal, again } = await setUp()
  const appends = Array.from({ length: 10 }, (_, id) => journal.append(subject(id), appendOf(0)))
  await Promise.resolve()
  await journal.close()
  const done = (await Promise.allSettled(appends)).filter(({ status }) => status === 'fulfilled').length
  expect((await all(again().heads(SUBJECT.chart))).length).toBe(done)
})

test('an append whose numbers do not follow is refused before anything is written', async () => {
  const { disk, journal } = await setUp()
  const wrong = [
    appendOf(0, { records: [] }),
    appendOf(0, { records: [recordOf(2)] }),
    appendOf(0, { head: headOf(2, 1) }),
    appendOf(0, { records: [recordOf(1), recordOf(3)], head: headOf(2, 1) }),
  ]
  for (const append of wrong) await expect(journal.append(SUBJECT, append)).rejects.toThrow(code('OPTION_INVALID'))
  const bad = { ...recordOf(1), output: new Date() } as never
  await expect(journal.append(SUBJECT, appendOf(0, { records: [bad] }))).rejects.toThrow(code('NOT_SERIALISABLE'))
  expect(disk.count('write')).toBe(0)
  await journal.append(SUBJECT, appendOf(0))
})

test('an append that waited for another of its subject is judged by itself, whatever came of the first', async () => {
  const { disk, journal } = await setUp()
  disk.space = 10
  const first = journal.append(SUBJECT, appendOf(0)).catch((error) => error.code)
  const second = journal.append(SUBJECT, appendOf(0))
  disk.before('truncate', () => {
    disk.space = Number.POSITIVE_INFINITY
  })
  expect(await first).toBe('JOURNAL_FAILED')
  await second
  expect((await journal.read(SUBJECT))?.version).toBe(1)
})
