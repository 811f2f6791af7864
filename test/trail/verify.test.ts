import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chart, createGate, type Journal, memoryJournal } from 'phasegate'
import {
  auditTrail,
  fileCheckpoints,
  fileSink,
  newSigningKey,
  signer,
  type VerifyOptions,
  verify,
} from 'phasegate/audit'
import { fileJournal } from 'phasegate/file'
import { describe, expect, test } from 'vitest'
import { makeCheckpoint } from '../../src/audit/index.ts'
import type { AuditCheckpoint } from '../../src/ports/index.ts'
import { changed, entryOf, logOf, tipOf } from '../audit/chains.ts'
import { temporaryFolder } from '../processes/start.ts'

const door = chart('door', { version: 1 })
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) => f.from('shut').to('open'))
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

const NAME = 'example.com/doors'
const one = newSigningKey(NAME)
const two = newSigningKey(NAME)
const kim = { actor: { id: 'kim' }, reason: 'asked to' }

/** Flips, a redaction and a rotation, with all that a trail makes of them. */
async function lived(journal: Journal, folder: string) {
  const gate = createGate(door, { journal })
  const files = fileSink(join(folder, 'sink'))
  const sink = fileCheckpoints(join(folder, 'checkpoints.jsonl'))
  const session = async (by: ReturnType<typeof signer>, work: () => Promise<unknown>): Promise<void> => {
    const trail = auditTrail(journal, { name: 'main', sinks: { files }, checkpoints: { signer: by, sink } })
    trail.start()
    await work()
    await trail.close()
  }
  const front = gate.subject('front')
  await session(signer(one.key), async () => {
    await front.flip('open')
    await gate.subject('back').flip('open')
  })
  await session(signer(one.key), () => front.flip('shut'))
  await session(signer(two.key, one.key), () => front.redact({ from: 1, to: 2 }, kim))
  await session(signer(two.key), () => gate.subject('back').flip('shut'))
  await gate.close()
  await files.close()
  return { folder: join(folder, 'sink'), checkpoints: join(folder, 'checkpoints.jsonl') }
}

const JOURNALS: Readonly<Record<string, (folder: string) => Journal>> = {
  'in memory': () => memoryJournal(),
  'in files': (folder) => fileJournal(join(folder, 'journal')),
}

describe('a trail that has seen a redaction, a rotation and restarts', () => {
  test.for(Object.keys(JOURNALS))('holds with either key, of a journal %s', async (kind, { onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const journal = JOURNALS[kind]?.(folder) as Journal
    const { folder: sink, checkpoints } = await lived(journal, folder)
    for (const keys of [[one.verifier], [two.verifier]]) {
      const anchors = { checkpoints, keys, maxAge: '1h' } as const
      const whole = { verdict: 'ok', records: 9, subjects: 2, uncovered: { records: 0, subjects: 0 } }
      expect(await verify({ journal, ...anchors })).toMatchObject({ ...whole, redacted: 2 })
      // The copy was made before.
      expect(await verify({ folder: sink, ...anchors })).toMatchObject({ ...whole, redacted: 0 })
    }
    await journal.close()
  })

  test('holds in the folder of a journal that is in use', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const journal = fileJournal(join(folder, 'journal'), { segmentBytes: 2_000 })
    const { checkpoints } = await lived(journal, folder)
    const options = { folder: join(folder, 'journal'), checkpoints, keys: [two.verifier] }
    expect(await verify(options)).toMatchObject({ verdict: 'ok', records: 9, redacted: 2 })
    const gate = createGate(door, { journal })
    const writing = Array.from({ length: 50 }, (_, index) => gate.subject(`d${index}`).flip('open'))
    for (let times = 0; times < 5; times++) expect(await verify(options)).toMatchObject({ verdict: 'ok' })
    await Promise.all(writing)
    expect(await verify(options)).toMatchObject({ verdict: 'ok', records: 109, uncovered: { subjects: 50 } })
    await gate.close()
    await journal.close()
  })
})

describe('verify', () => {
  const log = logOf('front', 8)
  const HOUR = 3_600_000
  const AT = Date.UTC(2021, 2, 4)

  /** Checkpoints an hour apart, when the log was so long. */
  function checkpointsAt(...lengths: readonly number[]): AuditCheckpoint[] {
    let state: Parameters<typeof makeCheckpoint>[1]
    return lengths.map((n, index) => {
      const made = makeCheckpoint([tipOf(log, n)], state, signer(one.key), AT + index * HOUR)
      state = made.state
      return made.checkpoint
    })
  }
  const anchors = (...lengths: readonly number[]) => ({ checkpoints: checkpointsAt(...lengths), keys: [one.verifier] })

  test('lets records be on their way that only young checkpoints vouch for', async () => {
    const late = { entries: log.slice(0, 6), ...anchors(3, 6, 8), now: AT + 2 * HOUR + 60_000 }
    expect((await verify(late)).first).toMatchObject({ class: 'truncated', log: 'door/front', n: 7 })
    expect(await verify({ ...late, lag: '5m' })).toMatchObject({ verdict: 'ok', uncovered: { records: 0 } })
    expect((await verify({ ...late, entries: log.slice(0, 5), lag: '5m' })).first).toMatchObject({ n: 6 })
  })

  test('reads again where copies came again and were not followed to the end, if it can', async () => {
    const entries = [...log, entryOf(log, 3)]
    expect(await verify({ entries })).toMatchObject({ verdict: 'ok-unanchored' })
    expect(await verify({ entries: () => entries.values() })).toMatchObject({ verdict: 'ok-unanchored' })
    expect((await verify({ entries: entries.values() })).first).toMatchObject({ class: 'inserted', n: 3 })
  })

  test('says of checkpoints first what is wrong with them, and reads no further', async () => {
    const [first, second] = checkpointsAt(3, 6)
    const checkpoints = [first, { ...second, changed: [] }] as AuditCheckpoint[]
    const given = { entries: changed(log, 2, { payload: 'x' }), checkpoints, keys: [one.verifier] }
    expect(await verify(given)).toMatchObject({
      verdict: 'bad',
      records: 0,
      first: { class: 'edited', n: 2, log: 'checkpoints' },
    })
    expect((await verify({ ...given, all: true })).faults).toMatchObject([
      { class: 'edited', log: 'checkpoints' },
      { class: 'edited', log: 'door/front' },
    ])
  })

  test('says that checkpoints are missing only where there is nothing worse', async () => {
    const checkpoints = checkpointsAt(3, 6, 8).toSpliced(1, 1)
    expect((await verify({ entries: log, checkpoints, keys: [one.verifier] })).first).toMatchObject({
      class: 'stale',
      n: 2,
    })
    const entries = changed(log, 2, { payload: 'x' })
    const { faults } = await verify({ entries, checkpoints, keys: [one.verifier] })
    expect(faults).toMatchObject([{ class: 'edited', n: 2 }])
  })

  test('finds what a checkpoint of long ago says, though all newer ones vouch for what was made of it', async () => {
    const other = logOf('front', 8, (n) => ({ kind: 'undone', flipId: 'f', step: `other ${n}` }))
    const first = makeCheckpoint([tipOf(log, 3)], undefined, signer(one.key), AT)
    const later = makeCheckpoint([tipOf(other)], first.state, signer(one.key), AT + HOUR)
    const checkpoints = [first.checkpoint, later.checkpoint]
    expect((await verify({ entries: other, checkpoints, keys: [one.verifier] })).first).toMatchObject({
      class: 'forked',
      n: 3,
    })
  })

  test('finds a line of checkpoints that is none', async ({ onTestFinished }) => {
    const file = join(temporaryFolder(onTestFinished), 'checkpoints.jsonl')
    writeFileSync(file, '{}\n')
    expect((await verify({ entries: log, checkpoints: file })).first).toMatchObject({
      class: 'edited',
      log: file,
      n: 1,
    })
  })

  test('follows a sink from where it begins since its oldest files were removed', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const write = (name: string, lines: readonly object[]): void =>
      writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    write('start.jsonl', [{ segment: 2 }, tipOf(log, 4)])
    write('audit-000002.jsonl', log.slice(4))
    expect(await verify({ folder, ...anchors(3, 7) })).toMatchObject({
      verdict: 'ok',
      records: 4,
      uncovered: { records: 1 },
    })
    write('audit-000002.jsonl', log.slice(5))
    expect((await verify({ folder, ...anchors(3, 7) })).first).toMatchObject({ class: 'deleted', n: 5 })
    writeFileSync(join(folder, 'start.jsonl'), 'x\n')
    expect((await verify({ folder })).first).toMatchObject({ class: 'edited', log: `${folder}/start.jsonl`, n: 1 })
  })

  test('finds a segment of a journal cut short or removed', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const journal = fileJournal(folder, { segmentBytes: 2_000 })
    const gate = createGate(door, { journal })
    for (let times = 0; times < 5; times++) await gate.subject(`d${times}`).flip('open')
    await gate.close()
    await journal.close()
    const path = join(folder, 'seg-000002')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1))
    expect((await verify({ folder })).first).toMatchObject({ class: 'truncated', log: path })
    rmSync(path)
    expect((await verify({ folder })).first).toMatchObject({ class: 'deleted', log: path, n: 1 })
  })

  test.each([
    [8, tipOf(log), undefined],
    [6, tipOf(log), { class: 'truncated', n: 7 }],
    [8, { ...tipOf(log), hash: tipOf(log, 7).hash }, { class: 'forked', n: 8 }],
  ])('asks of a journal that it holds what its heads say: %i records', async (length, { n, hash }, found) => {
    const journal = {
      async *tips() {
        yield { subject: { chart: 'door', id: 'front' }, n, hash }
      },
      async *history() {
        yield* log.slice(0, length)
      },
    }
    const { verdict, first } = await verify({ journal })
    expect(verdict).toBe(found === undefined ? 'ok-unanchored' : 'bad')
    if (found !== undefined) expect(first).toMatchObject(found)
  })

  const wrong: readonly unknown[] = [
    {},
    { entries: [], folder: 'x' },
    { folder: 5 },
    { entries: [], keys: 'x' },
    { entries: [], keys: ['x'] },
    { entries: [], maxAge: 'soon' },
    { entries: [], lag: -1 },
    { entries: [], all: 'yes' },
    { entries: [], now: Number.NaN },
    { entries: [], nonsense: 1 },
  ]
  test.each(wrong)('is not asked by %j', async (options) => {
    await expect(verify(options as VerifyOptions)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('says so when it cannot read', async () => {
    const tips = (): never => {
      throw new Error('no connection')
    }
    await expect(verify({ journal: { tips, history: tips } })).rejects.toMatchObject({
      code: 'AUDIT_UNREADABLE',
      facts: { cause: 'no connection' },
    })
    await expect(verify({ folder: '/nowhere/at/all' })).rejects.toMatchObject({ code: 'AUDIT_UNREADABLE' })
    await expect(verify({ entries: [], checkpoints: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'AUDIT_UNREADABLE',
    })
  })
})
