import { headerOf, logName } from '../../audit/index.ts'
import { isPhasegateError, refuse } from '../../base/index.ts'
import type { FeedEntry, FeedPage, SealedRecord } from '../../ports/index.ts'
import { lineAt, unreadable } from './history.ts'
import type { Account, AppendLine } from './line.ts'
import { corrupt, readSegment, segmentName } from './segment.ts'

/** What comes next: a record of the line at a byte of a segment. */
interface Place {
  readonly segment: number
  readonly offset: number
  readonly index: number
}

export interface FeedSource {
  readonly folder: string
  /** How many bytes of each segment count: what lies beyond was written too late, or is not acknowledged. */
  readonly account: Account
  /** A record as it may be shown. */
  readonly shown: (log: string, n: number, sealed: SealedRecord) => SealedRecord
}

const CURSOR = /^(\d{1,15}):(\d{1,15}):(\d{1,15})$/

/** The lines of all segments, in order. @throws OPTION_INVALID, JOURNAL_CORRUPT, JOURNAL_FAILED */
export async function readFeed(source: FeedSource, after: string | undefined, limit: number): Promise<FeedPage> {
  const { account } = source
  let place = placeOf(after, account)
  const entries: FeedEntry[] = []
  for (const [segment, bytes] of account) {
    if (segment < place.segment) continue
    if (segment > place.segment) place = { segment, offset: 0, index: 0 }
    for await (const { line, offset, end } of linesFrom(source.folder, place, bytes)) {
      if (offset > place.offset) place = { segment, offset, index: 0 }
      for (const sealed of line.records.slice(place.index)) {
        if (entries.length === limit) return { entries, cursor: textOf(place), more: true, withheld: false }
        const { chart, id } = line.subject
        entries.push({
          subject: { chart, id },
          sealed: source.shown(logName(line.subject), headerOf(sealed).n, sealed),
        })
        place = { ...place, index: place.index + 1 }
      }
      place = { segment, offset: end, index: 0 }
    }
  }
  return { entries, cursor: textOf(place), more: false, withheld: false }
}

interface PlacedLine {
  readonly line: AppendLine
  readonly offset: number
  /** Where the next line begins. */
  readonly end: number
}

async function* linesFrom(folder: string, { segment, offset }: Place, bytes: number): AsyncGenerator<PlacedLine> {
  const path = `${folder}/${segmentName(segment)}`
  try {
    for await (const placed of readSegment(path, { offset, line: 1 }, bytes)) {
      const { value, length } = placed
      if (value.is === 'append') yield { line: value, offset: placed.offset, end: placed.offset + length + 1 }
    }
  } catch (error) {
    if (!isPhasegateError(error, 'JOURNAL_CORRUPT')) throw isPhasegateError(error) ? error : unreadable(folder, error)
    throw corrupt(path, (await lineAt(path, offset)) + error.facts.line - 1, error.facts.problem)
  }
}

function placeOf(cursor: string | undefined, account: Account): Place {
  const [first] = account
  if (cursor === undefined) return { segment: first?.[0] ?? 0, offset: 0, index: 0 }
  const [segment = -1, offset = 0, index = 0] = (CURSOR.exec(cursor) ?? []).slice(1).map(Number)
  const bytes = account.find(([number]) => number === segment)?.[1] ?? -1
  if (offset <= bytes) return { segment, offset, index }
  return refuse('the cursor', cursor, 'one that feed() of this journal gave')
}

function textOf({ segment, offset, index }: Place): string {
  return `${segment}:${offset}:${index}`
}
