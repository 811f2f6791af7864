import type { Append, Head, SealedRecord, Settled, SubjectRef } from 'phasegate'

/** What stands on the tape. A head that is not the last of its subject may be gone. */
export type Line =
  | {
      readonly type: 'appended'
      readonly subject: SubjectRef
      readonly opId: string
      readonly records: readonly SealedRecord[]
      readonly head: Head | null
      /** Wall ms; null: as it was. */
      readonly leaseUntil: number | null
      readonly settled?: Settled | undefined
      readonly forget?: number | undefined
      readonly drop?: readonly number[] | undefined
      /** What a transaction wrote. */
      readonly rows: readonly string[]
    }
  | { readonly type: 'renewed'; readonly subject: SubjectRef; readonly leaseUntil: number }
  | { readonly type: 'moved'; readonly bookmark: string; readonly to: string }

/** One subject, as the lines tell it. Record n stands at n - 1. */
export interface Kept {
  readonly subject: SubjectRef
  head: Head | null
  leaseUntil: number
  readonly records: SealedRecord[]
  readonly opIds: Set<string>
  /** A Map: keys are any text, and an object has some of its own. */
  readonly settled: Map<string, Settled>
}

/** All that the lines tell. */
export interface State {
  readonly subjects: Map<string, Kept>
  /** Which record came when, over all subjects. */
  readonly order: { readonly kept: Kept; readonly n: number }[]
  readonly bookmarks: Map<string, string>
  readonly rows: string[]
}

export const nothing = (): State => ({ subjects: new Map(), order: [], bookmarks: new Map(), rows: [] })

/** Two subjects never have one name: JSON says where the chart's name ends. */
export const nameOf = ({ chart, id }: SubjectRef): string => JSON.stringify([chart, id])

/** Takes one line further. */
export function apply(state: State, line: Line): void {
  if (line.type === 'moved') {
    state.bookmarks.set(line.bookmark, line.to)
    return
  }
  const kept = keptOf(state, line.subject)
  if (line.leaseUntil !== null) kept.leaseUntil = line.leaseUntil
  if (line.type === 'renewed') return
  const before = kept.records.length
  kept.head = line.head
  kept.opIds.add(line.opId)
  kept.records.push(...line.records)
  for (let n = before + 1; n <= kept.records.length; n++) state.order.push({ kept, n })
  forget(kept, line.forget)
  if (line.settled !== undefined) kept.settled.set(line.settled.key, line.settled)
  drop(kept, line.drop ?? [])
  state.rows.push(...line.rows)
}

function keptOf({ subjects }: State, subject: SubjectRef): Kept {
  const name = nameOf(subject)
  const kept = subjects.get(name) ?? {
    subject,
    head: null,
    leaseUntil: 0,
    records: [],
    opIds: new Set(),
    settled: new Map(),
  }
  subjects.set(name, kept)
  return kept
}

function forget({ settled }: Kept, before: number | undefined): void {
  for (const [key, { at }] of settled) if (before !== undefined && at < before) settled.delete(key)
}

function drop({ records, settled }: Kept, numbers: readonly number[]): void {
  const flips = flipsOf(records.filter((_, index) => numbers.includes(index + 1)))
  for (const n of numbers) records.splice(n - 1, 1, ...records.slice(n - 1, n).map(emptied))
  for (const [key, outcome] of settled) settled.set(key, silenced(outcome, flips))
}

function flipsOf(records: readonly SealedRecord[]): ReadonlySet<string | undefined> {
  return new Set(records.map(({ header }) => (JSON.parse(header) as { readonly flip?: string }).flip))
}

const emptied = ({ header, hash }: SealedRecord): SealedRecord => ({ header, payload: '', hash })

/** An outcome of one of these flips keeps no more than what answers for its key. */
function silenced(settled: Settled, flips: ReadonlySet<string | undefined>): Settled {
  const { outcome, flipId } = settled
  if (!flips.has(flipId) || outcome.type === 'overridden') return settled
  return outcome.type === 'committed'
    ? { ...settled, outcome: { type: 'committed', outputs: {} } }
    : { ...settled, outcome: { type: 'rolledBack', failure: { ...outcome.failure, message: '' } } }
}

/** The lines of a subject without all that was dropped: neither records nor outcomes nor heads of the past tell of it. */
export function cleaned(lines: readonly Line[], { subject, records, head, settled }: Kept): readonly Line[] {
  let n = 0
  return lines.map((line) => {
    if (line.type !== 'appended' || nameOf(line.subject) !== nameOf(subject)) return line
    n += line.records.length
    const now = line.settled && settled.get(line.settled.key)
    return {
      ...line,
      records: records.slice(n - line.records.length, n),
      head: n === records.length ? head : null,
      settled: now?.flipId === line.settled?.flipId ? now : undefined,
    }
  })
}

/** What becomes of an append. */
export function judge(kept: Kept | undefined, append: Append): 'store' | 'repeat' | 'conflict' {
  if (kept?.opIds.has(append.opId)) return 'repeat'
  const { version = 0, epoch = 0 } = kept?.head ?? {}
  const { expected, claim, head } = append
  if (expected.version !== version || expected.epoch !== epoch || head.epoch < epoch) return 'conflict'
  const earlier = claim && kept?.settled.get(claim.key)
  return earlier !== undefined && claim !== undefined && earlier.attempt >= claim.attempt ? 'conflict' : 'store'
}
