import { readFileSync } from 'node:fs'
import { setTimeout as passes } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type FileJournal, fileJournal } from '../../../src/adapters/file/index.ts'
import { all } from '../../../src/testing/contracts/journal-samples.ts'
import { newFolder } from './folder.ts'
import { otherProcess } from './process.ts'

// Real processes and their real time: silence is judged by the file system's clock. Hence the small ttl.

const TTL_MS = 300

function journalIn(folder: string): FileJournal {
  const journal = fileJournal(folder, { ttl: TTL_MS })
  onTestFinished(() => journal.close())
  return journal
}

test('of two processes on one folder one owns it and the other is told', async () => {
  const folder = newFolder()
  const owner = otherProcess(folder)
  expect(await owner.ask('open')).toBe('open')
  await passes(TTL_MS * 2)
  expect(await otherProcess(folder).ask('open')).toBe('JOURNAL_OWNED')
  expect(await owner.ask('append a p')).toBe('appended 1')
})

test('the folder of a process killed with -9 is taken over at once, whatever its ttl', async () => {
  const folder = newFolder()
  const owner = otherProcess(folder, 3_600_000)
  expect(await owner.ask('append a p')).toBe('appended 1')
  owner.signal('SIGKILL')
  await owner.gone
  expect(await journalIn(folder).read({ chart: 'c', id: 'a' })).toMatchObject({ version: 1, phase: 'p' })
})

test('a process that waits takes over when the owner dies', async () => {
  const folder = newFolder()
  const owner = otherProcess(folder, 3_600_000)
  expect(await owner.ask('open')).toBe('open')
  const heir = otherProcess(folder, TTL_MS, 20_000)
  const opened = heir.ask('open')
  await passes(TTL_MS)
  owner.signal('SIGKILL')
  expect(await opened).toBe('open')
})

test('an owner stopped past its ttl is taken over, and when it wakes it is fenced and loses nobody anything', async () => {
  const folder = newFolder()
  const zombie = otherProcess(folder)
  expect(await zombie.ask('append a p')).toBe('appended 1')
  zombie.signal('SIGSTOP')
  const woken = zombie.ask('append a zombie 1')
  const heir = otherProcess(folder, TTL_MS, 20_000)
  expect(await heir.ask('append a heir')).toBe('appended 2')
  zombie.signal('SIGCONT')
  expect(await woken).toBe('FENCED')
  expect(await zombie.ask('renew a')).toBe('false')
  expect(await zombie.ask('read a')).toBe('FENCED')
  expect(await zombie.ask('append a zombie 1')).toBe('FENCED')
  expect(await heir.ask('append a heir')).toBe('appended 3')
  expect(await heir.ask('close')).toBe('closed')
  const later = journalIn(folder)
  expect(await later.read({ chart: 'c', id: 'a' })).toMatchObject({ version: 3, phase: 'heir' })
  expect((await all(later.history({ chart: 'c', id: 'a' }))).length).toBe(3)
})

test('an owner stopped in the midst of its writes loses none that it acknowledged, and its late ones are ignored', async () => {
  const folder = newFolder()
  const zombie = otherProcess(folder)
  zombie.send('flood')
  await expect.poll(() => zombie.said.length, { timeout: 10_000 }).toBeGreaterThan(200)
  zombie.signal('SIGSTOP')
  const heir = otherProcess(folder, TTL_MS, 20_000)
  expect(await heir.ask('open')).toBe('open')
  const sizeSeen = readFileSync(`${folder}/seg-000001`).length
  zombie.signal('SIGCONT')
  await expect.poll(() => zombie.said.at(-1), { timeout: 10_000 }).toBe('FENCED')
  expect(await heir.ask('close')).toBe('closed')
  await expectAcknowledged(folder, zombie.said)
  expect(readFileSync(`${folder}/seg-000001`).length).toBeGreaterThanOrEqual(sizeSeen)
})

test('what was acknowledged before a kill -9 is there, every time', async () => {
  for (const [round, least] of [50, 300, 700].entries()) {
    const folder = newFolder()
    const owner = otherProcess(folder, 3_600_000)
    owner.send('flood')
    await expect.poll(() => owner.said.length, { timeout: 10_000, interval: 5 + round }).toBeGreaterThan(least)
    owner.signal('SIGKILL')
    await owner.gone
    await expectAcknowledged(folder, owner.said)
  }
})

/** Every append that was said to be acknowledged is in the journal, and no chain has a gap. */
async function expectAcknowledged(folder: string, said: readonly string[]): Promise<void> {
  const last = new Map<string, number>()
  for (const line of said) {
    const [, id, version] = /^acked (\S+) (\d+)$/.exec(line) ?? []
    if (id !== undefined) last.set(id, Number(version))
  }
  expect(last.size).toBeGreaterThan(0)
  const journal = journalIn(folder)
  for (const [id, version] of last) {
    const records = await all(journal.history({ chart: 'c', id }))
    expect(records.length).toBeGreaterThanOrEqual(version)
    expect((await journal.read({ chart: 'c', id }))?.version).toBe(records.length)
  }
  await journal.close()
}
