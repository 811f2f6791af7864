import { statfsSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { unfold } from '../src/flip/index.ts'
import type { Body, Head, Journal } from '../src/ports/index.ts'
import { door } from './flip.ts'
import { race, timedAsync } from './harness.ts'
import { type Library, SCRATCH } from './library.ts'

const CALLERS = 16
const TMPFS = 0x01021994
const SLOW = { rounds: 15, sampleMs: 250, ratioOf: 'throughput' } as const

/** The file journal against a group commit by hand that writes as many bytes and neither seals nor checks anything. */
export async function benchFile(library: Library): Promise<void> {
  const folder = await mkdtemp(`${SCRATCH}/file-`)
  const raw = new GroupCommit(await open(`${folder}/raw`, 'wx'))
  if (statfsSync(folder).type === TMPFS) console.log(`\n(${folder} is in memory: what follows is not about a disk)`)
  await benchAppends(library, folder, raw)
  await benchFlips(library, folder, raw)
  await raw.close()
  await rm(folder, { recursive: true })
}

async function benchAppends({ fileJournal }: Library, folder: string, raw: GroupCommit): Promise<void> {
  const journal = fileJournal(`${folder}/appends`)
  const writers = Array.from({ length: CALLERS }, (_, caller) => new Writer(journal, `door-${caller}`))
  const append = (times: number): Promise<void> => share(times, (caller) => writers[caller]?.append())
  const line = Buffer.alloc(await bytesPer(`${folder}/appends`, append), 'x')
  await race(
    `An append of ${line.length} bytes, ${CALLERS} callers (a ratio of throughputs)`,
    [
      { name: 'group commit by hand', sample: timedAsync((times) => share(times, () => raw.write(line))) },
      { name: 'journal.append', aim: '≥ 0.8×', sample: timedAsync(append) },
    ],
    SLOW,
  )
  await journal.close()
}

async function benchFlips(library: Library, folder: string, raw: GroupCommit): Promise<void> {
  const journal = library.fileJournal(`${folder}/flips`)
  const gate = library.createGate(door(library), { journal })
  const doors = Array.from({ length: CALLERS }, (_, caller) => ({
    subject: gate.subject(`door-${caller}`),
    isOpen: false,
  }))
  const flip = (times: number): Promise<void> =>
    share(times, async (caller) => {
      const door = doors[caller]
      if (door === undefined) return
      await door.subject.flip(door.isOpen ? 'close' : 'open')
      door.isOpen = !door.isOpen
    })
  // A flip is two appends, one after the other: its intent, and its end.
  const bytes = await bytesPer(`${folder}/flips`, flip)
  const half = Buffer.alloc(bytes / 2, 'x')
  const twice = async (): Promise<void> => {
    await raw.write(half)
    await raw.write(half)
  }
  await race(
    `A whole flip of ${bytes} bytes on file, ${CALLERS} callers (a ratio of throughputs)`,
    [
      { name: 'two group commits by hand', sample: timedAsync((times) => share(times, twice)) },
      { name: 'a flip', aim: '≥ 0.8×', sample: timedAsync(flip) },
    ],
    SLOW,
  )
  await gate.close()
  await journal.close()
}

/** Does it `times` times for all callers together: each takes the next as soon as its last is done. */
async function share(times: number, work: (caller: number) => Promise<void> | undefined): Promise<void> {
  let left = times
  const call = async (caller: number): Promise<void> => {
    while (left-- > 0) await work(caller)
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
}

/** How many bytes a journal grows by. */
async function bytesPer(folder: string, write: (times: number) => Promise<void>): Promise<number> {
  await write(CALLERS)
  const before = await sizeOf(folder)
  await write(100 * CALLERS)
  return Math.round(((await sizeOf(folder)) - before) / (100 * CALLERS))
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(`${folder}/${name}`)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** One subject that is written as a gate would, without a gate: intents and commits in turns. */
class Writer {
  readonly #journal: Journal
  readonly #id: string
  #head: Head = {
    version: 0,
    epoch: 0,
    chart: { version: 1, fingerprint: 'f'.repeat(64) },
    phase: 'closed',
    since: 0,
    timers: [],
    flip: undefined,
    rolledBack: undefined,
    approvals: undefined,
  }

  constructor(journal: Journal, id: string) {
    this.#journal = journal
    this.#id = id
  }

  async append(): Promise<void> {
    const { version, epoch, flip } = this.#head
    const change = unfold(this.#head, [flip === undefined ? this.#intent() : this.#commit(flip.id)], undefined, {
      at: Date.now(),
      epoch: flip === undefined ? epoch + 1 : epoch,
    })
    await this.#journal.append(
      { chart: 'door', id: this.#id },
      {
        expected: { version, epoch },
        records: change.records,
        head: change.head,
        lease: flip === undefined ? { ttlMs: 15_000 } : 'release',
        settled: undefined,
        forget: undefined,
        drop: undefined,
        claim: undefined,
        opId: `${this.#id}-${version}`,
      },
    )
    this.#head = change.head
  }

  #intent(): Body {
    const { chart, version } = this.#head
    return {
      kind: 'requested',
      flipId: `1f0c3a5b7d9e-${version}`,
      flip: 'open',
      from: 'closed',
      to: 'open',
      chart,
      input: undefined,
      key: undefined,
      fingerprint: undefined,
      attempt: 1,
      actor: undefined,
      owner: 'host:12345:1f0c3a5b7d9e',
      deadline: Date.now() + 600_000,
      trace: undefined,
      breakGlass: undefined,
    }
  }

  #commit(flipId: string): Body {
    return { kind: 'committed', flipId, flip: 'open', from: 'closed', to: 'closed', timers: [] }
  }
}

/** Who waits at the same moment shares one write and one sync. Nothing else. */
class GroupCommit {
  readonly #file: FileHandle
  #waiting: { readonly line: Buffer; readonly resolve: () => void }[] = []
  #isWriting = false
  #size = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  write(line: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ line, resolve })
      if (!this.#isWriting) void this.#drain()
    })
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #drain(): Promise<void> {
    this.#isWriting = true
    // Who called in the same turn as the first is taken along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const bytes = Buffer.concat(batch.map(({ line }) => line))
      await this.#file.write(bytes, 0, bytes.length, this.#size)
      this.#size += bytes.length
      await this.#file.datasync()
      for (const { resolve } of batch) resolve()
    }
    this.#isWriting = false
  }
}
