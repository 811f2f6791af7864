import type { Account } from './line.ts'
import { BEGINNING, corrupt, readSegment, segmentName } from './segment.ts'

/**
 * How far the segments count: as far as the newest account says. Segments younger than that one count whole; they are
 * of owners that died or slept before they wrote anything else. @throws JOURNAL_CORRUPT
 */
export async function readLimits(folder: string, segments: readonly number[]): Promise<ReadonlyMap<number, number>> {
  for (const segment of segments.toReversed()) {
    const account = await readAccount(`${folder}/${segmentName(segment)}`)
    if (account === undefined) continue
    const missing = account.find(([former]) => !segments.includes(former))
    if (missing !== undefined) throw corrupt(`${folder}/${segmentName(missing[0])}`, 1, 'the file is missing')
    return new Map(account)
  }
  return new Map()
}

async function readAccount(path: string): Promise<Account | undefined> {
  for await (const { value } of readSegment(path, BEGINNING)) {
    if (value.is === 'account') return value.segments
    if (value.is !== 'owner') return undefined
  }
  return undefined
}
