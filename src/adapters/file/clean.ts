import { headerOf } from '../../audit/index.ts'
import type { Head } from '../../ports/index.ts'
import { withoutPayload, withoutTraces } from '../resident/index.ts'
import { type AppendLine, changeLine, type Drop } from './line.ts'

/** A line without what an order has dropped of it, as long as it was; itself when there is nothing left to drop. */
export function cleanLine(text: string, drop: Drop): string {
  return changeLine(text, (line) => clean(line, drop))
}

function clean(line: AppendLine, { records, flips }: Drop): AppendLine {
  const { head, settled } = line
  return {
    ...line,
    head: cleanHead(head),
    ...(settled !== undefined && flips.includes(settled.flipId) ? { settled: withoutTraces(settled) } : {}),
    records: line.records.map((record) => (records.includes(headerOf(record).n) ? withoutPayload(record) : record)),
  }
}

/** A head that a later one has replaced: nobody asks it any more. */
function cleanHead({ version, epoch, chart, phase, since }: Head): Head {
  const nothing = { flip: undefined, rolledBack: undefined, approvals: undefined }
  return { version, epoch, chart, phase, since, timers: [], ...nothing }
}

/** Whether the head still tells of a record: of one of a flip, while that is in progress; of another, while it is approved. */
export function tells({ flip, approvals }: Head, of: string | undefined): boolean {
  return of === undefined ? (approvals?.length ?? 0) > 0 : flip?.id === of
}
