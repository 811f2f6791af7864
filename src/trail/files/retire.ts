import { promises as fs } from 'node:fs'
import { realDisk } from '../../adapters/folder/index.ts'
import type { LogTip } from '../../ports/index.ts'
import { readSegment } from './read.ts'
import { listSegments, segmentName } from './segment.ts'
import { readStart, writeStart } from './start.ts'

/**
 * Removes whole files, the oldest first, that were last written before `before` (wall ms), never the newest. Where each
 * log goes on from then is kept before anything is removed. A file that cannot be read stays, and all after it.
 *
 * @throws JOURNAL_CORRUPT, or the error of the disk
 */
export async function retire(folder: string, before: number): Promise<void> {
  const start = await readStart(folder)
  const segments = await listSegments(folder)
  const old = await oldOnes(folder, segments.filter((segment) => segment >= start.segment).slice(0, -1), before)
  const last = old.at(-1)
  if (last !== undefined) {
    const tips = new Map(start.tips.map((tip) => [tip.log, tip]))
    for (const segment of old) await follow(`${folder}/${segmentName(segment)}`, tips)
    await writeStart(folder, { segment: last + 1, tips: [...tips.values()] })
    await realDisk.syncFolder(folder)
  }
  const first = last === undefined ? start.segment : last + 1
  for (const segment of segments) if (segment < first) await fs.rm(`${folder}/${segmentName(segment)}`, { force: true })
}

async function oldOnes(folder: string, segments: readonly number[], before: number): Promise<readonly number[]> {
  const old: number[] = []
  for (const segment of segments) {
    const { mtimeMs } = await fs.stat(`${folder}/${segmentName(segment)}`)
    if (mtimeMs >= before) break
    old.push(segment)
  }
  return old
}

/** What comes again after a crash takes nothing back. */
async function follow(path: string, tips: Map<string, LogTip>): Promise<void> {
  for await (const { log, n, hash } of readSegment(path)) {
    if (n > (tips.get(log)?.n ?? 0)) tips.set(log, { log, n, hash })
  }
}
