import { appendFileSync } from 'node:fs'
import { createFileJournal } from '../../../src/adapters/file/journal.ts'
import { dyingDisk } from './dying-disk.ts'
import { STORY } from './secret.ts'

// A process that appends, drops and moves a bookmark, and dies by kill -9 at the `die`-th thing that it does to the disk.
// What was acknowledged it says in a file, which its death does not take back.

export interface Orders {
  readonly folder: string
  readonly acknowledged: string
  readonly segmentBytes: number
  readonly die: number
}

const orders: Orders = JSON.parse(process.argv[2] ?? '{}')
const journal = createFileJournal(orders.folder, { segmentBytes: orders.segmentBytes }, dyingDisk(orders.die))
for (const [index, [subject, append]] of STORY.entries()) {
  await journal.append(subject, append)
  appendFileSync(orders.acknowledged, `append ${index + 1}\n`)
}
for (const to of [1, 2]) {
  await journal.moveBookmark('audit', to === 1 ? undefined : '1', String(to))
  appendFileSync(orders.acknowledged, `bookmark ${to}\n`)
}
await journal.close()
