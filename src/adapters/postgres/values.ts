import type { Append, Head, SealedRecord, SubjectRef } from '../../ports/index.ts'
import type { Value } from './client.ts'
import { arrayText, toStored } from './text.ts'

/** An append, sealed: what is stored of it. */
export interface Sealed {
  readonly subject: SubjectRef
  /** The name of the subject's log. */
  readonly log: string
  readonly append: Append
  readonly records: readonly SealedRecord[]
}

/** The values of `APPEND_COLUMNS`. */
function appendRow(ord: number, { subject, append, records }: Sealed): readonly Value[] {
  const { expected, head, claim, settled } = append
  return [
    ord,
    toStored(subject.chart),
    toStored(subject.id),
    expected.version,
    expected.epoch,
    head.version,
    head.epoch,
    JSON.stringify(head),
    records.at(-1)?.hash ?? '',
    head.flip !== undefined && head.flip.course.type !== 'stuck',
    leaseMs(append.lease),
    dueAt(head),
    claim?.key ?? null,
    claim?.attempt ?? null,
    settled?.key ?? null,
    settled?.attempt ?? null,
    settled === undefined ? null : JSON.stringify(settled),
    settled?.at ?? null,
    append.forget ?? null,
  ]
}

function leaseMs(lease: Append['lease']): number | null {
  if (lease === 'keep') return null
  return lease === 'release' ? -1 : lease.ttlMs
}

/** Wall time in ms of the earliest timer, while no flip is in its way. */
function dueAt({ flip, timers }: Head): number | null {
  return flip !== undefined || timers.length === 0 ? null : Math.min(...timers.map((timer) => timer.at))
}

/** The values of `RECORD_COLUMNS`: the first record of an append carries its operation id. */
function recordRows(ord: number, { append, records }: Sealed): readonly (readonly Value[])[] {
  return records.map(({ header, payload, hash }, index) => [
    ord,
    append.expected.version + index + 1,
    index === 0 ? append.opId : null,
    header,
    payload,
    hash,
  ])
}

/** The values of a statement that stores one append. */
export function loneValues(sealed: Sealed): readonly Value[] {
  return [...appendRow(0, sealed), ...columns(recordRows(0, sealed))]
}

/** The values of a statement that stores many: a list a column. */
export function manyValues(all: readonly Sealed[]): readonly Value[] {
  return [
    ...columns(all.map((sealed, ord) => appendRow(ord, sealed))),
    ...columns(all.flatMap((sealed, ord) => recordRows(ord, sealed))),
  ]
}

function columns(rows: readonly (readonly Value[])[]): readonly string[] {
  return (rows[0] ?? []).map((_, column) => arrayText(rows.map((row) => row[column] ?? null)))
}
