import { headerOf } from '../audit/index.ts'
import { known, PhasegateError, positiveInteger, refuse } from '../base/index.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import type { Order, RecordRange } from './types.ts'

/** How many records one order may name: they are all named in the record of it. */
const MOST = 1_000

/** What is known of a record without its payload. */
interface Known {
  readonly n: number
  readonly kind: string
  readonly flipId: string | undefined
  readonly isDropped: boolean
}

/**
 * Drops the payloads of records, and records by whom and why, in one append. What is dropped already stays so.
 * @throws UNAUTHORISED, RECORD_NOT_FOUND, RECORD_IN_USE
 */
export async function redact(desk: Desk, records: { from: number; to: number }, order: Order): Promise<void> {
  const { actor, reason } = order
  await authorise(desk, { act: 'redact', actor, reason })
  const found = await read(desk, records)
  const drop = found.filter(({ isDropped }) => !isDropped).map(({ n }) => n)
  if (drop.length === 0) return
  await desk.record((head) => {
    const inUse = found.find(
      ({ kind, flipId }) => kind === 'redacted' || (flipId !== undefined && flipId === head.flip?.id),
    )
    if (inUse !== undefined) throw recordInUse(desk.id, inUse)
    return [{ kind: 'redacted', records: drop, actor, reason }]
  })
}

/** One number, or numbers from–to, both included. */
export function parseRecords(records: number | RecordRange): { readonly from: number; readonly to: number } {
  const { from, to } =
    typeof records === 'number' ? { from: records, to: records } : known(records, 'records', ['from', 'to'])
  const range = { from: positiveInteger(from, 'records.from'), to: positiveInteger(to, 'records.to') }
  if (range.to < range.from) refuse('records.to', to, `a number from ${range.from}`)
  if (range.to - range.from >= MOST) refuse('records', `${range.from}–${range.to}`, `at most ${MOST} at a time`)
  return range
}

async function read(
  desk: Desk,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Known[]> {
  const found: Known[] = []
  for await (const sealed of desk.core.engine.journal.history(desk.log.ref, { from, to })) {
    const { n, kind, flip } = headerOf(sealed)
    found.push({ n, kind, flipId: flip, isDropped: sealed.payload === '' })
  }
  if (found.length === to - from + 1) return found
  const last = from + found.length - 1
  const message = `"${desk.id}" has no record ${Math.max(from, last + 1)}; asked for ${from}–${to}`
  throw new PhasegateError('RECORD_NOT_FOUND', message, { subject: desk.id, from, to })
}

function recordInUse(subject: string, { n, kind, flipId }: Known): PhasegateError<'RECORD_IN_USE'> {
  const why = kind === 'redacted' ? 'it says what was redacted' : `flip ${flipId} is in progress and may need it`
  return new PhasegateError('RECORD_IN_USE', `record ${n} of "${subject}" cannot be redacted: ${why}`, {
    subject,
    n,
    kind,
    flipId,
  })
}
