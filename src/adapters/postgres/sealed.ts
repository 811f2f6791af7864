import type { Append, Head, SealedRecord, Settled, SubjectRef } from '../../ports/index.ts'
import { isRunning, isStuck } from '../resident/index.ts'
import type { Value } from './client.ts'
import type { Column } from './columns.ts'
import { toStored } from './text.ts'

/** An append, sealed: what is stored of it. */
export interface Sealed {
  readonly subject: SubjectRef
  /** The name of the subject's log. */
  readonly log: string
  readonly append: Append
  readonly records: readonly SealedRecord[]
  /** Stored outcomes that shall tell nothing of records that are dropped. */
  readonly cleaned: readonly Settled[]
}

/** What a head is expected to be and what it becomes: names and types of the values that `headValues` gives. */
export const HEAD_COLUMNS: readonly Column[] = [
  ['chart', 'text'],
  ['id', 'text'],
  ['from_version', 'bigint'],
  ['from_epoch', 'bigint'],
  ['version', 'bigint'],
  ['epoch', 'bigint'],
  ['head', 'line'],
  ['tip', 'line'],
  ['running', 'boolean'],
  ['stuck', 'boolean'],
  ['lease_ms', 'float8'],
  ['due_at', 'float8'],
]

export function headValues({ subject, append, records }: Sealed): readonly Value[] {
  const { expected, head } = append
  return [
    toStored(subject.chart),
    toStored(subject.id),
    expected.version,
    expected.epoch,
    head.version,
    head.epoch,
    JSON.stringify(head),
    records.at(-1)?.hash ?? '',
    isRunning(head),
    isStuck(head),
    leaseMs(append.lease),
    dueAt(head),
  ]
}

/** -1 ms is no lease; NULL, what it was. */
function leaseMs(lease: Append['lease']): number | null {
  if (lease === 'keep') return null
  return lease === 'release' ? -1 : lease.ttlMs
}

/** Wall time in ms of the earliest timer, while no flip is in its way. */
function dueAt({ flip, timers }: Head): number | null {
  return flip !== undefined || timers.length === 0 ? null : Math.min(...timers.map((timer) => timer.at))
}

export const RECORD_COLUMNS: readonly Column[] = [
  ['n', 'bigint'],
  ['op', 'text'],
  ['header', 'line'],
  ['payload', 'line'],
  ['hash', 'line'],
]

/** A row a record. The first carries the operation id of its append. */
export function recordValues({ append, records }: Sealed): readonly (readonly Value[])[] {
  return records.map(({ header, payload, hash }, index) => [
    append.expected.version + index + 1,
    index === 0 ? append.opId : null,
    header,
    payload,
    hash,
  ])
}

export const CLAIM_COLUMNS: readonly Column[] = [
  ['claim_key', 'text'],
  ['claim_attempt', 'bigint'],
]

export function claimValues({ append: { claim } }: Sealed): readonly Value[] {
  return [claim?.key ?? null, claim?.attempt ?? null]
}

export const OUTCOME_COLUMNS: readonly Column[] = [
  ['key', 'text'],
  ['attempt', 'bigint'],
  ['settled', 'line'],
  ['settled_at', 'float8'],
]

export function outcomeValues({ append: { settled } }: Sealed): readonly Value[] {
  if (settled === undefined) return [null, null, null, null]
  return [settled.key, settled.attempt, JSON.stringify(settled), settled.at]
}
