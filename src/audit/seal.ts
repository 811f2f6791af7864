import { canonical } from '../base/index.ts'
import type { JournalRecord, RecordKind, SealedRecord, SubjectRef } from '../ports/index.ts'
import { sha256 } from './digest.ts'
import { logName } from './log-name.ts'
import { newSalt } from './salt.ts'

/** What a header says. Members that do not apply are absent. */
export interface Header {
  readonly v: 1
  readonly log: string
  readonly n: number
  /** Wall time in ms. */
  readonly t: number
  readonly epoch: number
  readonly kind: RecordKind
  readonly flip?: string | undefined
  readonly actor?: string | undefined
  /** SHA-256 of the payload's bytes. */
  readonly payload: string
  /** Hash of the record before; absent in the first. */
  readonly prev?: string | undefined
}

/**
 * Makes a record into what is stored. The payload is salted, so that its digest gives nothing away once the payload
 * itself has been dropped. Throws `NOT_SERIALISABLE`, naming the member.
 */
export function seal(subject: SubjectRef, record: JournalRecord, previousHash: string | undefined): SealedRecord {
  const { n, at, epoch, kind } = record
  const payload = `{"body":${canonical(bodyOf(record), kind)},"salt":"${newSalt()}"}`
  const header = headerText({
    actor: 'actor' in record ? record.actor?.id : undefined,
    epoch,
    flip: 'flipId' in record ? record.flipId : undefined,
    kind,
    log: logName(subject),
    n,
    payload: sha256(payload),
    prev: previousHash,
    t: at,
    v: 1,
  })
  return { header, payload, hash: sha256(header) }
}

const IN_HEADER: ReadonlySet<string> = new Set(['n', 'at', 'epoch', 'kind', 'flipId'])

function bodyOf(record: JournalRecord): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) if (!IN_HEADER.has(name)) body[name] = value
  return body
}

/** Canonical because its members are flat and come sorted; what `canonical` refuses besides is refused here. */
function headerText(header: Header): string {
  return isPlain(header) ? JSON.stringify(header) : canonical(header, 'header')
}

function isPlain({ log, flip = '', actor = '', n, t, epoch }: Header): boolean {
  return [log, flip, actor].every((text) => text.isWellFormed()) && [n, t, epoch].every(Number.isFinite)
}

/**
 * The record that was sealed; members that were `undefined` are absent. Of one whose payload was dropped there is only
 * what its header says: number, time, epoch, kind and flip. It trusts the text: `checkLink` tells whether that is wise.
 */
export function open(sealed: SealedRecord): JournalRecord {
  const { n, t, epoch, kind, flip } = headerOf(sealed)
  const { body } = sealed.payload === '' ? NOTHING : (JSON.parse(sealed.payload) as { body: object })
  return { n, at: t, epoch, kind, ...(flip === undefined ? {} : { flipId: flip }), ...body } as JournalRecord
}

const NOTHING = { body: {} } as const

/** The header, parsed. */
export function headerOf({ header }: Pick<SealedRecord, 'header'>): Header {
  return JSON.parse(header) as Header
}

/**
 * Seals records that follow one another, as a journal stores them. `previousHash` is that of the last record before;
 * undefined for the first of a subject. @throws NOT_SERIALISABLE, naming the member
 */
export function sealAll(
  subject: SubjectRef,
  records: readonly JournalRecord[],
  previousHash: string | undefined,
): readonly SealedRecord[] {
  let prev = previousHash
  return records.map((record) => {
    const sealed = seal(subject, record, prev)
    prev = sealed.hash
    return sealed
  })
}
