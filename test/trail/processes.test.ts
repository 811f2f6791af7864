import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Journal } from 'phasegate'
import { type AuditEntry, readFileSink, verify } from 'phasegate/audit'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import { all, appendOf } from '../../src/testing/contracts/journal-samples.ts'
import { newFolder } from '../adapters/file/folder.ts'
import { workerFile } from '../processes/bundle.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../servers/index.ts'
import { inOrder, upTo } from './entries.ts'
import type { Message, Orders } from './trail-worker.ts'

/** An entry as the callback of a worker has kept it, and which process that was. */
type Kept = AuditEntry & { readonly by: number }

const SUBJECTS = 6
const BATCH = 7

/** Another process that delivers. It does not outlive the test. */
class Deliverer {
  readonly child: ChildProcess
  /** How often it has delivered something. */
  delivered = 0
  readonly ended: Promise<Message>

  constructor(orders: Orders, finished: WhenFinished) {
    this.child = fork(workerFile('deliverer'), [JSON.stringify(orders)], { execArgv: [] })
    finished(async () => void this.child.kill('SIGKILL'))
    this.ended = new Promise((resolve) => {
      this.child.on('message', (message: Message) => {
        if (message.type === 'ended') resolve(message)
        else this.delivered += 1
      })
    })
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }

  /** Has it deliver the rest, and end. */
  end(): Promise<Message> {
    this.child.send('end')
    return this.ended
  }
}

/** The one that is the first to deliver something from now on. */
async function whoDelivers(deliverers: readonly Deliverer[]): Promise<Deliverer> {
  const before = deliverers.map(({ delivered }) => delivered)
  for (;;) {
    const found = deliverers.find(({ delivered }, index) => delivered > (before[index] ?? 0))
    if (found !== undefined) return found
    await pause(5)
  }
}

/** Writes records of all subjects until it is told to end; that gives the numbers of all, log by log. */
function write(journal: Journal): () => Promise<Readonly<Record<string, readonly number[]>>> {
  let isWriting = true
  const subjects = Array.from({ length: SUBJECTS }, (_, index) => ({ chart: 'sample', id: `s${index}` }))
  const written = subjects.map(async (subject) => {
    let version = 0
    for (; isWriting; version++) {
      await journal.append(subject, appendOf(version))
      await pause(5)
    }
    return [`sample/${subject.id}`, upTo(version)] as const
  })
  return async () => {
    isWriting = false
    return Object.fromEntries(await Promise.all(written))
  }
}

function read(file: string): readonly Kept[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as Kept)))
}

describeWith('postgres', 'processes that deliver the same trail', (facts) => {
  async function tables(finished: WhenFinished, parts: Partial<Orders> = {}) {
    const schema = newSchema(finished)
    const pool = postgresPool(finished)
    await migrate(pool, { schema })
    const kept = `${newFolder()}/kept`
    const orders = {
      connection: connection(facts),
      schema,
      folder: undefined,
      kept,
      batch: BATCH,
      leaseTtl: 600,
      ...parts,
    }
    const start = (): Deliverer => new Deliverer(orders, finished)
    return { journal: postgresJournal(pool, { schema }), start, kept }
  }

  test('one at a time does; each is killed with -9 while it does, and nothing is lost or out of order', {
    timeout: 90_000,
  }, async ({ onTestFinished }) => {
    const folder = `${newFolder()}/sink`
    const { journal, start, kept } = await tables(onTestFinished, { folder })
    let both = [start(), start()]
    const stop = write(journal)
    for (let kill = 0; kill < 4; kill++) {
      const active = await whoDelivers(both)
      await active.kill()
      both = [...both.filter((other) => other !== active), start()]
    }
    const last = await whoDelivers(both)
    for (const other of both) if (other !== last) await other.kill()
    const everything = await stop()
    expect(await last.end()).toEqual({ type: 'ended', failure: undefined })

    const calls = read(kept)
    expect(inOrder(calls)).toEqual(everything)
    expect(new Set(calls.map(({ by }) => by)).size).toBeGreaterThan(1)
    const filed = await all(readFileSink(folder))
    expect(inOrder(filed)).toEqual(everything)
    expect(await verify({ folder })).toMatchObject({ verdict: 'ok-unanchored', subjects: SUBJECTS })
    for await (const { subject, n, hash } of journal.tips()) {
      const log = `${subject.chart}/${subject.id}`
      expect(filed.findLast((entry) => entry.log === log && entry.n === n)?.hash).toBe(hash)
    }
  })

  test('and one that is stopped past its lease wakes, finds that another went on, and takes nothing back', {
    timeout: 90_000,
  }, async ({ onTestFinished }) => {
    const { journal, start, kept } = await tables(onTestFinished)
    const sleeper = start()
    const stop = write(journal)
    await whoDelivers([sleeper])
    sleeper.child.kill('SIGSTOP')
    const successor = start()
    await whoDelivers([successor])
    const everything = await stop()
    sleeper.child.kill('SIGCONT')
    const ended = { type: 'ended', failure: undefined }
    expect(await Promise.all([successor.end(), sleeper.end()])).toEqual([ended, ended])
    const calls = read(kept)
    expect(inOrder(calls)).toEqual(everything)
    expect(new Set(calls.map(({ by }) => by)).size).toBe(2)
    // A batch comes twice when it changes hands in the middle of it; nothing comes again that the bookmark had passed.
    expect(calls.length - Object.values(everything).flat().length).toBeLessThan(5 * BATCH)
  })
})
