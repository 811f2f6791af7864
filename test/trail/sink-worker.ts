import { appendFileSync, readFileSync } from 'node:fs'
import { type Disk, type DiskFile, realDisk } from '../../src/adapters/folder/index.ts'
import type { AuditEntry } from '../../src/ports/index.ts'
import { createFileSink } from '../../src/trail/files/sink.ts'

// A process that writes entries into a file sink, two at a time, and dies by kill -9 at the `die`-th thing that it does to
// the disk: a write is cut in half. What was acknowledged it says in a file, which its death does not take back.

export interface Orders {
  readonly folder: string
  /** A file of entries as lines of JSON. */
  readonly entries: string
  /** A file that gets the number of entries that were acknowledged. */
  readonly acknowledged: string
  readonly die: number
}

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
let asked = 0

async function dying<Result>(work: () => Promise<Result>, half?: () => Promise<unknown>): Promise<Result> {
  asked += 1
  if (asked !== orders.die) return work()
  await half?.()
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const wrap = (file: DiskFile): DiskFile => ({
  write: (bytes, position) =>
    dying(
      () => file.write(bytes, position),
      () => file.write(bytes.subarray(0, bytes.length / 2), position),
    ),
  datasync: () => dying(() => file.datasync()),
  truncate: (size) => dying(() => file.truncate(size)),
  touch: () => dying(() => file.touch()),
  close: () => file.close(),
})

const disk: Disk = {
  create: (path) => dying(async () => wrap(await realDisk.create(path))),
  open: (path) => dying(async () => wrap(await realDisk.open(path))),
  syncFolder: (path) => dying(() => realDisk.syncFolder(path)),
  exists: (path) => realDisk.exists(path),
}

const entries = readFileSync(orders.entries, 'utf8')
  .split('\n')
  .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as AuditEntry)))
const sink = createFileSink(orders.folder, { maxBytes: 1_500 }, disk)
for (let n = 0; n < entries.length; n += 2) {
  await sink.write(entries.slice(n, n + 2))
  appendFileSync(orders.acknowledged, `${n + 2}\n`)
}
await sink.close()
