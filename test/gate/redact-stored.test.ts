import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Journal, memoryJournal } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { checkChain } from '../../src/audit/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { describeWith, newSchema, postgresPool } from '../servers/index.ts'
import { kim, letters } from './letter.ts'

async function payloads(journal: Journal): Promise<string[]> {
  const found: string[] = []
  for await (const { payload } of journal.history({ chart: 'letter', id: '1' })) found.push(payload)
  return found
}

/** What every durable journal must show. */
function redacts(open: () => Promise<{ journal: Journal; stored: () => Promise<string> }>): void {
  test('what was redacted is nowhere in the store, and the chain still verifies', async () => {
    const { journal, stored } = await open()
    const subject = letters(journal)
    await subject.flip('send', { to: 'Robin' }, { key: 'k' })
    expect(await stored()).toContain('Robin')
    await subject.redact({ from: 1, to: 2 }, kim)
    expect(await stored()).not.toContain('Robin')
    expect(await stored()).toContain('asked for by the person')
    expect(await payloads(journal)).toEqual([
      '',
      '',
      expect.stringContaining('timers'),
      expect.stringContaining('records'),
    ])
    expect(
      await checkChain({ chart: 'letter', id: '1' }, journal.history({ chart: 'letter', id: '1' })),
    ).toBeUndefined()
  })

  test('the key still answers, without what was redacted', async () => {
    const { journal } = await open()
    const subject = letters(journal)
    const first = await subject.flip('send', { to: 'Robin' }, { key: 'k' })
    await subject.redact({ from: 1, to: 3 }, kim)
    const again = await letters(journal).flip('send', { to: 'Robin' }, { key: 'k' })
    expect(again).toMatchObject({ flipId: first.flipId, replayed: true, outputs: {} })
  })

  test('life goes on after it', async () => {
    const { journal } = await open()
    const subject = letters(journal)
    await subject.flip('send', { to: 'Robin' })
    await subject.redact(1, kim)
    await subject.flip('recall')
    await letters(journal).flip('send', { to: 'Sam' })
    expect(await subject.phase()).toBe('sent')
    expect(
      await checkChain({ chart: 'letter', id: '1' }, journal.history({ chart: 'letter', id: '1' })),
    ).toBeUndefined()
  })

  test('a failure that was redacted is not told again', async () => {
    const { journal, stored } = await open()
    const subject = letters(journal)
    const first = await subject.safeFlip('send', { to: 'Nobody' }, { key: 'k' })
    expect(first.error?.message).toContain('Nobody lives nowhere')
    await subject.redact({ from: 1, to: 3 }, kim)
    expect(await stored()).not.toContain('Nobody')
    const again = await letters(journal).safeFlip('send', { to: 'Nobody' }, { key: 'k' })
    expect(again.error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { replayed: true } })
    expect(again.error?.message).toMatch(/was rolled back to "written": STEP_FAILED$/)
  })
}

describe('redaction in memory', () => {
  redacts(async () => {
    const journal = memoryJournal({ clock: virtualClock() })
    const stored = async () => (await payloads(journal)).join('')
    return { journal, stored }
  })
})

describe('redaction in files', () => {
  const folders: string[] = []
  const journals: Journal[] = []
  afterAll(async () => {
    for (const journal of journals) await journal.close()
    for (const folder of folders) await rm(folder, { recursive: true })
  })

  redacts(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phasegate-redact-'))
    folders.push(folder)
    const journal = fileJournal(folder)
    journals.push(journal)
    const stored = async (): Promise<string> => {
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
      return files.join('')
    }
    return { journal, stored }
  })
})

describeWith('postgres', 'redaction in PostgreSQL', () => {
  redacts(async () => {
    const pool = postgresPool(afterAll)
    const schema = newSchema(afterAll)
    await migrate(pool, { schema })
    const stored = async (): Promise<string> => {
      const all = await Promise.all(
        ['head', 'record', 'outcome'].map((table) => pool.query(`select * from ${schema}.${table}`)),
      )
      return JSON.stringify(all.map(({ rows }) => rows))
    }
    return { journal: postgresJournal(pool, { schema }), stored }
  })
})
