import { chart, createGate, type Journal, memoryJournal } from 'phasegate'
import {
  auditTrail,
  callbackSink,
  fileCheckpoints,
  fileSink,
  newSigningKey,
  readFileSink,
  signer,
  verify,
} from 'phasegate/audit'
import { fileJournal } from 'phasegate/file'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import type { AuditEntry } from '../../src/ports/index.ts'
import { all } from '../../src/testing/contracts/journal-samples.ts'
import { newFolder } from '../adapters/file/folder.ts'
import { describeWith, newSchema, postgresPool, type WhenFinished } from '../servers/index.ts'

const door = chart('door', { version: 1 })
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) =>
    f
      .from('shut')
      .to('open')
      .step('turn', { run: () => 'turned' }),
  )
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

const IDS = ['front', 'back', 'side/ä']
const { key, verifier } = newSigningKey('example.com/doors')

/** Opens a journal as a process does that starts; what was stored before is there. */
type Open = () => Promise<{ readonly journal: Journal; readonly close: () => Promise<void> }>

/** Flips, delivers and ends, three times over, as processes do that are started one after the other. */
async function runs(open: Open, folder: string, called: AuditEntry[]): Promise<void> {
  for (let run = 0; run < 3; run++) {
    const { journal, close } = await open()
    const gate = createGate(door, { journal })
    const files = fileSink(`${folder}/sink`, { maxBytes: 5_000 })
    const trail = auditTrail(journal, {
      name: 'main',
      sinks: { files, calls: callbackSink((entries) => called.push(...entries)) },
      checkpoints: { signer: signer(key), sink: fileCheckpoints(`${folder}/checkpoints`) },
      batch: 4,
    })
    trail.start()
    await Promise.all(IDS.map((id) => gate.subject(id).flip(run % 2 === 0 ? 'open' : 'shut')))
    await gate.close()
    await trail.close()
    await files.close()
    await close()
  }
}

async function check(open: Open): Promise<void> {
  const folder = newFolder()
  const called: AuditEntry[] = []
  await runs(open, folder, called)
  const filed = await all(readFileSink(`${folder}/sink`))
  const { journal, close } = await open()
  for (const id of IDS) {
    const log = `door/${id.replace('/', '%2F')}`
    const stored = await all(journal.history({ chart: 'door', id }))
    expect(stored.length).toBeGreaterThan(6)
    for (const found of [filed, called]) {
      const own = found.filter((entry) => entry.log === log)
      expect(own.map(({ header, payload, hash }) => ({ header, payload, hash }))).toEqual(stored)
      expect(own.map(({ n }) => n)).toEqual(stored.map((_, index) => index + 1))
    }
  }
  const anchored = { checkpoints: `${folder}/checkpoints`, keys: [verifier] }
  for (const source of [{ folder: `${folder}/sink` }, { journal }]) {
    const report = await verify({ ...source, ...anchored })
    expect(report).toMatchObject({ verdict: 'ok', subjects: IDS.length, uncovered: { records: 0 } })
  }
  await close()
}

test('in memory: what is recorded is delivered over restarts of the trail, once, and verifies', async () => {
  const journal = memoryJournal()
  await check(async () => ({ journal, close: async () => undefined }))
})

test('in files: what is recorded is delivered over restarts, once, and verifies', async () => {
  const folder = newFolder()
  await check(async () => {
    const journal = fileJournal(folder, { segmentBytes: 4_000 })
    return { journal, close: () => journal.close() }
  })
})

describeWith('postgres', 'in PostgreSQL', () => {
  test('what is recorded is delivered over restarts, once, and verifies', async ({ onTestFinished }) => {
    const finished: WhenFinished = onTestFinished
    const schema = newSchema(finished)
    const pool = postgresPool(finished)
    await migrate(pool, { schema })
    await check(async () => {
      const journal = postgresJournal(pool, { schema })
      return { journal, close: () => journal.close() }
    })
  })
})
