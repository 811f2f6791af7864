import { messageOf } from '../base/index.ts'
import type { SealedRecord } from '../ports/index.ts'
import { sha256 } from './digest.ts'
import type { FaultClass } from './fault.ts'
import { readHeader, type Said } from './said.ts'

/** A record as it stands in a store: in which log, and under which number where the store says one. */
export interface StoredRecord extends SealedRecord {
  readonly log: string
  readonly n?: number | undefined
}

/** A record by itself: sealed as it should be, or not. Its place among others is another matter. */
export type Examined =
  | {
      readonly type: 'sealed'
      readonly n: number
      readonly prev: string | undefined
      /** The payload was dropped. */
      readonly isBlank: boolean
      /** The numbers of the records whose payloads this one says were dropped. */
      readonly drops: readonly number[] | undefined
    }
  | { readonly type: 'broken'; readonly class: FaultClass; readonly problem: string }

/** Whether hash, header and payload belong together, and to this log. */
export function examine({ log, header, payload, hash }: StoredRecord): Examined {
  if (sha256(header) !== hash) return broken('edited', 'its hash is not that of its header')
  const said = parsed(header)
  if (typeof said === 'string') return broken('edited', said)
  if (said.log !== log) return broken('inserted', `it is a record of ${String(said.log)}`)
  const isBlank = payload === ''
  if (!isBlank && sha256(payload) !== said.payload)
    return broken('edited', 'its payload is not the one it was sealed with')
  if (!Number.isSafeInteger(said.n)) return broken('edited', 'its header has no number')
  return {
    type: 'sealed',
    n: said.n as number,
    prev: said.prev as string | undefined,
    isBlank,
    drops: said.kind === 'redacted' && !isBlank ? dropsOf(payload) : undefined,
  }
}

function broken(fault: FaultClass, problem: string): Examined {
  return { type: 'broken', class: fault, problem }
}

function parsed(header: string): Said | string {
  try {
    const said = readHeader(header)
    return typeof said === 'object' && said !== null ? said : 'its header is not an object'
  } catch (error) {
    return `its header is not JSON: ${messageOf(error)}`
  }
}

function dropsOf(payload: string): readonly number[] {
  try {
    const { body } = JSON.parse(payload) as { readonly body?: { readonly records?: unknown } }
    return Array.isArray(body?.records) ? body.records.filter((n) => Number.isSafeInteger(n)) : []
  } catch {
    return []
  }
}
