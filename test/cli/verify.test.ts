import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withRow } from '../audit/attacks/rows.ts'
import { FRONT, fileJournalSite, fileSinkSite, KEY, postgresSite, type Site } from '../audit/attacks/site.ts'
import { temporaryFolder } from '../processes/start.ts'
import { describeWith, postgresPool } from '../servers/index.ts'
import { phasegate } from './run.ts'

const NEWEST = '3 checkpoints, the newest is 3 of 2021-03-04T10:00:00.000Z'

describe.concurrent('phasegate verify', () => {
  let sink: Site
  let journal: Site
  let spoilt: Site
  beforeAll(async () => {
    ;[sink, journal, spoilt] = await Promise.all([
      fileSinkSite(afterAll),
      fileJournalSite(afterAll),
      fileSinkSite(afterAll),
    ])
    await spoilt.store(withRow(spoilt.rows, FRONT, 4, { payload: '{}' }))
  })
  const folder = (site: Site): string => String(site.where.folder)
  const anchored = (site: Site): string[] => [
    folder(site),
    '--checkpoints',
    site.checkpointsFile,
    '--key',
    KEY.verifier,
  ]

  test('ends with 0 where a trusted key vouches for it, and says what it does not vouch for', async () => {
    expect(await phasegate(['verify', ...anchored(sink)])).toEqual({
      code: 0,
      out: `ok: 26 records of 2 subjects are what was written
  ${NEWEST}
  2 records of 1 subject came later: chained, and not yet vouched for
`,
      err: '',
    })
    expect(await phasegate(['verify', ...anchored(journal)])).toMatchObject({ code: 0, err: '' })
  })

  test('ends with 3 where nobody does', async () => {
    const { code, out } = await phasegate(['verify', folder(sink)])
    expect({ code, out }).toEqual({
      code: 3,
      out: expect.stringMatching(/^ok-unanchored: 26 records .* give --checkpoints and --key\n {2}no checkpoints\n$/s),
    })
    expect(await phasegate(['verify', ...anchored(sink).slice(0, 3)])).toMatchObject({ code: 3 })
  })

  test('ends with 1 where it is bad, and the first fault comes first', async () => {
    expect(await phasegate(['verify', ...anchored(spoilt)])).toEqual({
      code: 1,
      out: `bad: edited: door/front, record 4: its payload is not the one it was sealed with
  4 records of 1 subject read
  ${NEWEST}
`,
      err: '',
    })
  })

  test('is bad where the newest checkpoint is too old', async () => {
    const { code, out } = await phasegate(['verify', ...anchored(sink), '--max-age', '1h'])
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringContaining('bad: stale: checkpoint 3: it is the newest'),
    })
  })

  test('gives all faults and the report as JSON to who asks for them', async () => {
    const { code, out } = await phasegate(['verify', ...anchored(spoilt), '--all', '--json'])
    expect(code).toBe(1)
    expect(out).toMatch(/^[^\n]+\n$/)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'bad',
      first: { class: 'edited', log: FRONT, n: 4 },
      faults: [{ class: 'edited', log: FRONT, n: 4 }],
      checkpoints: { count: 3, seq: 3, newest: '2021-03-04T10:00:00.000Z' },
    })
  })

  test('passes over a torn last line, of a sink and of a journal in use', async () => {
    const [torn, used] = await Promise.all([fileSinkSite(afterAll), fileJournalSite(afterAll)])
    appendFileSync(join(folder(torn), 'audit-000001.jsonl'), '{"log":"door/fr')
    appendFileSync(join(folder(used), 'seg-000001'), '{"is":"app')
    for (const site of [torn, used]) expect(await phasegate(['verify', ...anchored(site)])).toMatchObject({ code: 0 })
  })

  test('ends with 2 where it is used in a wrong way', async () => {
    const wrong = [
      ['verify'],
      ['verify', folder(sink), '--postgres', 'postgres://x'],
      ['verify', folder(sink), folder(sink)],
      ['verify', folder(sink), '--schema', 's'],
      ['verify', folder(sink), '--kee', 'x'],
      ['verify', folder(sink), '--key', 'x'],
      ['verify', folder(sink), '--max-age', 'soon'],
      ['verify', import.meta.dirname],
      ['verfy'],
      [],
    ]
    for (const result of await Promise.all(wrong.map((args) => phasegate(args))))
      expect(result).toEqual({ code: 2, out: '', err: expect.stringMatching(/^(?:phasegate|Usage)/) })
  })

  test('ends with 4 where nothing can be read', async ({ onTestFinished }) => {
    const empty = temporaryFolder(onTestFinished)
    const missing = [
      ['verify', join(empty, 'nowhere')],
      ['verify', folder(sink), '--checkpoints', join(empty, 'nowhere')],
      ['verify', '--postgres', 'postgres://127.0.0.1:1/x'],
    ]
    for (const args of missing)
      expect(await phasegate(args)).toEqual({
        code: 4,
        out: '',
        err: expect.stringMatching(/^phasegate verify: .+\n$/),
      })
    const { code, err } = await phasegate(['verify', '--postgres', 'postgres://x'], empty)
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringContaining('"pg" is not installed here (npm install pg)'),
    })
  })

  test('shows no orders to the terminal that names hold', async ({ onTestFinished }) => {
    const odd = temporaryFolder(onTestFinished)
    const entry = { log: 'door/\u001b[2J', n: 1, header: '{}', payload: '', hash: '' }
    writeFileSync(join(odd, 'audit-000001.jsonl'), `${JSON.stringify(entry)}\n`)
    const { out } = await phasegate(['verify', odd])
    expect(out).toContain('bad: edited: door/\\u{1b}[2J, record 1')
  })

  test('says how it is used', async () => {
    expect(await phasegate(['verify', '--help'])).toEqual({ code: 0, out: expect.stringMatching(/^Usage:/), err: '' })
    expect(await phasegate(['--help'])).toMatchObject({ code: 0 })
  })
})

describeWith('postgres', 'phasegate verify --postgres', ({ url }) => {
  test('reads a journal through the pg of the project, as somebody who may only read', async ({ onTestFinished }) => {
    const site = await postgresSite(onTestFinished)
    const { schema = '' } = site
    const role = `auditor_${schema}`
    const pool = postgresPool(onTestFinished)
    const tables = ['head', 'record', 'version'].map((table) => `${schema}.${table}`).join(', ')
    await pool.query(`create role ${role} login; grant usage on schema ${schema} to ${role};
      grant select on ${tables} to ${role}`)
    onTestFinished(async () => void (await pool.query(`drop owned by ${role}; drop role ${role}`)))
    const address = url.replace('postgres@', `${role}@`)
    const anchored = ['--schema', schema, '--checkpoints', site.checkpointsFile, '--key', KEY.verifier]
    expect(await phasegate(['verify', '--postgres', address, ...anchored])).toMatchObject({ code: 0, err: '' })
    await site.store(withRow(site.rows, FRONT, 4, { payload: '{}' }))
    const { code, out } = await phasegate(['verify', '--postgres', address, ...anchored])
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining('edited: door/front, record 4') })
  })
})
