import { type Fault, headerOf, logName } from '../../audit/index.ts'
import { isPhasegateError, messageOf } from '../../base/index.ts'
import type { AuditEntry, SealedRecord } from '../../ports/index.ts'
import { wholeLines } from '../folder/index.ts'
import { readLimits } from './limits.ts'
import { type AppendLine, isWhole } from './line.ts'
import { listSegments, segmentName } from './segment.ts'

/** A record without the number that the store keeps it under: a segment keeps none. */
export type SegmentRecord = Omit<AuditEntry, 'n'>

/**
 * Every record of a journal's folder as it stands there, without owning the folder or trusting anything in it: what a line
 * holds comes first, and then what is wrong with the line. An unfinished last line is passed over. May be read while the
 * journal is in use.
 */
export async function* readFileJournal(folder: string): AsyncGenerator<SegmentRecord | Fault, void, undefined> {
  const segments = await listSegments(folder)
  const limits = await limitsOf(folder, segments)
  if ('class' in limits) return yield limits
  for (const segment of segments) yield* readSegment(`${folder}/${segmentName(segment)}`, limits.get(segment))
}

async function limitsOf(folder: string, segments: readonly number[]): Promise<ReadonlyMap<number, number> | Fault> {
  try {
    return await readLimits(folder, segments)
  } catch (error) {
    if (!isPhasegateError(error, 'JOURNAL_CORRUPT')) throw error
    const { file, line, problem } = error.facts
    return fault(
      segments.some((segment) => file.endsWith(segmentName(segment))) ? 'edited' : 'deleted',
      file,
      line,
      problem,
    )
  }
}

async function* readSegment(
  path: string,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<SegmentRecord | Fault, void, undefined> {
  let line = 0
  let bytes = 0
  for await (const text of wholeLines(path, 0, limit)) {
    line += 1
    bytes += text.length + 1
    yield* readLine(path, line, text.toString('utf8'))
  }
  if (Number.isFinite(limit) && bytes !== limit)
    yield fault('truncated', path, line + 1, `it ends after ${bytes} whole bytes, although ${limit} were accounted for`)
}

function* readLine(path: string, line: number, text: string): Generator<SegmentRecord | Fault, void, undefined> {
  let said: AppendLine
  try {
    said = JSON.parse(text) as AppendLine
  } catch (error) {
    return yield fault('edited', path, line, `it is not JSON: ${messageOf(error)}`)
  }
  if (said?.is === 'append') {
    const records = recordsOf(said)
    if (records === undefined) return yield fault('edited', path, line, 'it holds no records')
    yield* records
    if (versionOf(records.at(-1)) !== said.head?.version)
      return yield fault('edited', path, line, 'its head is not of the version of its last record')
  }
  if (!isWhole(text)) yield fault('edited', path, line, 'its sum does not match')
}

function recordsOf({ subject, records }: AppendLine): readonly SegmentRecord[] | undefined {
  if (typeof subject?.chart !== 'string' || typeof subject.id !== 'string') return undefined
  if (!Array.isArray(records) || !records.every(isSealed)) return undefined
  const log = logName(subject)
  return records.map(({ header, payload, hash }) => ({ log, header, payload, hash }))
}

function isSealed(record: unknown): record is SealedRecord {
  const { header, payload, hash } = (record ?? {}) as Readonly<Record<string, unknown>>
  return typeof header === 'string' && typeof payload === 'string' && typeof hash === 'string'
}

function versionOf(record: SegmentRecord | undefined): number | undefined {
  try {
    return record && headerOf(record).n
  } catch {
    return undefined
  }
}

function fault(kind: Fault['class'], log: string, n: number, problem: string): Fault {
  return { class: kind, log, n, problem }
}
