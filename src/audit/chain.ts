import { messageOf } from '../base/index.ts'
import type { SealedRecord, SubjectRef } from '../ports/index.ts'
import { sha256 } from './digest.ts'
import { logName } from './log-name.ts'
import { type Header, headerOf } from './seal.ts'

/** The place of a record that the next one must follow. */
export interface Link {
  readonly n: number
  readonly hash: string | undefined
}

/** The first record of a chain that is not what was written. */
export interface ChainFault {
  readonly n: number
  readonly problem: string
}

/** Where every chain begins. */
export const FIRST_LINK: Link = { n: 0, hash: undefined }

/**
 * What is wrong with a record that should follow `previous`; `undefined` when nothing is. A payload that is gone is
 * nothing wrong here: whether it was dropped by an order is for the whole chain to tell.
 */
export function checkLink(subject: SubjectRef, sealed: SealedRecord, previous: Link): string | undefined {
  if (sha256(sealed.header) !== sealed.hash) return 'the hash is not that of the header'
  const header = parsed(sealed)
  if (typeof header === 'string') return header
  if (sealed.payload !== '' && header.payload !== sha256(sealed.payload))
    return 'the payload is not the one the header names'
  return checkPlace(subject, header, previous)
}

/** Whether a header stands where it says: the right log, the next number, the hash of its predecessor. */
export function checkPlace(subject: SubjectRef, header: Header, previous: Link): string | undefined {
  if (header.log !== logName(subject)) return `it belongs to ${header.log}, not to ${logName(subject)}`
  if (header.n !== previous.n + 1) return `number ${header.n} follows number ${previous.n}`
  if (header.prev !== previous.hash) return 'it does not name the record before it'
  return undefined
}

/** Follows a whole chain and stops at the first fault. Streams: it holds one record at a time. */
export async function checkChain(
  subject: SubjectRef,
  records: AsyncIterable<SealedRecord> | Iterable<SealedRecord>,
): Promise<ChainFault | undefined> {
  let previous = FIRST_LINK
  for await (const sealed of records) {
    const problem = checkLink(subject, sealed, previous)
    if (problem !== undefined) return { n: previous.n + 1, problem }
    previous = { n: previous.n + 1, hash: sealed.hash }
  }
  return undefined
}

function parsed(sealed: SealedRecord): Header | string {
  try {
    return headerOf(sealed)
  } catch (error) {
    return `the header is not JSON: ${messageOf(error)}`
  }
}
