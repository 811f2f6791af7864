import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type VerifyReport, verify } from 'phasegate/audit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWith, type WhenFinished } from '../servers/index.ts'
import { ATTACKS, type Attack, attackTable } from './attacks/attacks.ts'
import { placeOf, rowOf } from './attacks/rows.ts'
import { AT, fileJournalSite, fileSinkSite, KEY, postgresSite, type Site, storeCheckpoints } from './attacks/site.ts'

const FRONT = 'door/front'

async function attacked(site: Site, { does }: Attack): Promise<VerifyReport> {
  const { rows = site.rows, checkpoints = site.checkpoints, options } = does(site)
  await site.store(rows)
  storeCheckpoints(site, checkpoints)
  return verify({ ...site.where, checkpoints: site.checkpointsFile, keys: [KEY.verifier], ...options })
}

function attacksOn(open: (whenFinished: WhenFinished) => Promise<Site>): () => Site {
  let site: Site
  beforeAll(async () => {
    site = await open(afterAll)
  })

  test('it is honest: all of it holds, but the tail is not covered', async () => {
    const report = await attacked(site, { ...NOTHING })
    expect(report).toEqual({
      verdict: 'ok',
      records: 26,
      subjects: 2,
      first: undefined,
      faults: [],
      redacted: 0,
      uncovered: { records: 2, subjects: 1 },
      checkpoints: { count: 3, seq: 3, newest: new Date(AT[2] ?? 0).toISOString() },
    })
  })

  test.each(ATTACKS)('$what: $verdict', async (attack) => {
    const { verdict, first } = await attacked(site, attack)
    expect({ verdict, found: first && [first.class, first.log, first.n] }).toEqual({
      verdict: attack.verdict,
      found: attack.found,
    })
    expect(first?.problem).not.toBe('')
  })
  return () => site
}

const NOTHING: Attack = { what: 'nothing', does: () => ({}), verdict: 'ok', because: '' }

describe('what is done to a file sink', () => {
  const site = attacksOn(fileSinkSite)

  test('by delivering twice is no fault: a sink may get records again', async () => {
    const again: Attack = { ...NOTHING, does: ({ rows }) => ({ rows: [...rows.slice(0, 20), ...rows.slice(8)] }) }
    expect(await attacked(site(), again)).toMatchObject({ verdict: 'ok', records: 38 })
    const torn: Attack = { ...NOTHING, does: ({ rows }) => ({ rows: [...rows, ...rows.slice(8, 12)] }) }
    expect(await attacked(site(), torn)).toMatchObject({ verdict: 'ok', records: 30 })
  })

  test('by delivering something else the second time is found', async () => {
    const other: Attack = {
      ...NOTHING,
      does: ({ rows }) => ({ rows: [...rows, { ...rowOf(rows, FRONT, 4), hash: rowOf(rows, FRONT, 5).hash }] }),
    }
    expect((await attacked(site(), other)).first).toMatchObject({ class: 'edited', log: FRONT, n: 4 })
  })

  test('by spoiling a line is found with file and line', async () => {
    await site().store(site().rows)
    const file = join(String(site().where.folder), 'audit-000001.jsonl')
    const { appendFileSync } = await import('node:fs')
    appendFileSync(file, 'x\n')
    expect((await verify(site().where)).first).toMatchObject({ class: 'edited', log: file, n: 27 })
  })
})

describe('what is done to a file journal', () => {
  const site = attacksOn(fileJournalSite)

  test('by giving a record twice is found: a journal holds each once', async () => {
    const twice: Attack = {
      ...NOTHING,
      does: ({ rows }) => ({ rows: rows.toSpliced(placeOf(rows, FRONT, 5), 0, rowOf(rows, FRONT, 4)) }),
    }
    expect((await attacked(site(), twice)).first).toMatchObject({ class: 'inserted', log: FRONT, n: 4 })
  })

  test('besides its records is found by the sums of its lines', async () => {
    await site().store(site().rows)
    const segment = join(String(site().where.folder), 'seg-000001')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(segment, readFileSync(segment, 'utf8').replace('"phase":"open"', '"phase":"shut"'))
    expect((await verify(site().where)).first).toMatchObject({ class: 'edited', log: segment })
  })
})

describeWith('postgres', 'what is done to a journal on PostgreSQL', () => {
  attacksOn(postgresSite)
})

test('the documentation says of each attack what these tests say', () => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/audit.md'), 'utf8')).toContain(attackTable())
})
