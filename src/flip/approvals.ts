import type { Approval, Head, JournalRecord } from '../ports/index.ts'

// Who has given leave for which flip. Pure.

/** How many approvals may wait on one subject. */
export const MOST_APPROVALS = 64

type Approvals = Head['approvals']

/** With one more: it replaces what its actor said of the same before, and drops what has run out by then. */
export function approved(approvals: Approvals, record: JournalRecord<'approved'>): Approvals {
  const { flip, fingerprint, actor, at, until } = record
  // Its payload was dropped: nobody knows any more for what it was.
  if (actor === undefined) return approvals
  return [...keptBy(approvals, record), { flip, fingerprint, actor, at, until }]
}

/** Whether one more could be kept. */
export function hasRoomFor(approvals: Approvals, approval: Said): boolean {
  return keptBy(approvals, approval).length < MOST_APPROVALS
}

type Said = Pick<Approval, 'flip' | 'fingerprint' | 'actor' | 'at'>

function keptBy(approvals: Approvals, { flip, fingerprint, actor, at }: Said): readonly Approval[] {
  return (approvals ?? []).filter(
    (one) => one.until > at && !(one.flip === flip && one.fingerprint === fingerprint && one.actor.id === actor.id),
  )
}

/** Without those of the flip, which has been requested: whoever asks again needs leave again. */
export function spent(approvals: Approvals, flip: string): Approvals {
  if (approvals === undefined) return undefined
  const left = approvals.filter((approval) => approval.flip !== flip)
  return left.length === 0 ? undefined : left
}

const NONE: readonly never[] = []

/** Those that count at this wall time for the flip with this fingerprint, which is made only if there are any. */
export function approvalsFor(
  approvals: Approvals,
  asked: { readonly flip: string; readonly at: number },
  fingerprintOf: () => string,
): readonly Approval[] {
  const live = approvals?.filter(({ flip, until }) => flip === asked.flip && until > asked.at) ?? NONE
  if (live.length === 0) return NONE
  const fingerprint = fingerprintOf()
  return live.filter((approval) => approval.fingerprint === fingerprint)
}
