import { appendFileSync, readFileSync } from 'node:fs'
import type { AuditEntry } from '../../src/ports/index.ts'
import { createFileSink } from '../../src/trail/files/sink.ts'
import { dyingDisk } from '../adapters/file/dying-disk.ts'

// A process that writes entries into a file sink, two at a time, and dies by kill -9 at the `die`-th thing that it does to
// the disk. What was acknowledged it says in a file, which its death does not take back.

export interface Orders {
  readonly folder: string
  /** A file of entries as lines of JSON. */
  readonly entries: string
  /** A file that gets the number of entries that were acknowledged. */
  readonly acknowledged: string
  readonly die: number
}

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const entries = readFileSync(orders.entries, 'utf8')
  .split('\n')
  .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as AuditEntry)))
const sink = createFileSink(orders.folder, { maxBytes: 1_500 }, dyingDisk(orders.die))
for (let n = 0; n < entries.length; n += 2) {
  await sink.write(entries.slice(n, n + 2))
  appendFileSync(orders.acknowledged, `${n + 2}\n`)
}
await sink.close()
