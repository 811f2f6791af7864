import { headerOf } from '../../audit/index.ts'
import { unreachable } from '../../base/index.ts'
import type { SealedRecord, Settled } from '../../ports/index.ts'

/** A record whose payload is gone. */
export function withoutPayload({ header, hash }: SealedRecord): SealedRecord {
  return { header, payload: '', hash }
}

/** The flips that records are of. */
export function flipsOf(records: Iterable<Pick<SealedRecord, 'header'>>): ReadonlySet<string> {
  const flips = new Set<string>()
  for (const record of records) {
    const { flip } = headerOf(record)
    if (flip !== undefined) flips.add(flip)
  }
  return flips
}

/** An outcome that tells nothing of what the records of its flip held, and still answers for its key. */
export function withoutTraces(settled: Settled): Settled {
  const { outcome } = settled
  switch (outcome.type) {
    case 'committed':
      return { ...settled, outcome: { type: 'committed', outputs: {} } }
    case 'rolledBack':
      return {
        ...settled,
        outcome: { type: 'rolledBack', failure: { ...outcome.failure, message: '' } },
      }
    case 'overridden':
      return settled
    default:
      return unreachable(outcome)
  }
}
