import {
  type Append,
  type ChainTip,
  type FeedPage,
  type Head,
  PhasegateError,
  type SealedRecord,
  type Settled,
  type SubjectRef,
  sealAll,
  type TransactionalJournal,
} from 'phasegate'
import { apply, cleaned, judge, type Kept, type Line, nameOf, nothing } from './state.ts'
import type { Tape } from './tape.ts'

/** What a `transact` step gets: it writes rows, which stand on the tape in the same line as the record of the step. */
export interface Tx {
  write(row: string): void
}

/** A journal that keeps what it was told as lines on a tape, and what they come to in memory. */
export interface TapeJournal extends TransactionalJournal<Tx> {
  rows(): readonly string[]
}

const CURSOR = /^after (\d{1,15})$/

/** Reads the tape to its end, and goes on from there. `now` is wall time in ms. */
export function tapeJournal(tape: Tape, now: () => number = Date.now): TapeJournal {
  return new OnTape(tape, now)
}

class OnTape implements TapeJournal {
  readonly #tape: Tape
  readonly #now: () => number
  readonly #state = nothing()
  #isClosed = false

  constructor(tape: Tape, now: () => number) {
    this.#tape = tape
    this.#now = now
    for (const line of tape.read()) apply(this.#state, JSON.parse(line))
  }

  async read(subject: SubjectRef): Promise<Head | undefined> {
    return this.#kept(subject, 'read')?.head ?? undefined
  }

  async append(subject: SubjectRef, append: Append): Promise<void> {
    this.#store(subject, append, [])
  }

  async transact(subject: SubjectRef, work: (tx: Tx) => Promise<Append>): Promise<void> {
    this.#assertOpen('transact')
    const rows: string[] = []
    let isOver = false
    const write = (row: string): void => {
      if (isOver) throw new Error('the transaction is over')
      rows.push(row)
    }
    const append = await work({ write }).finally(() => {
      isOver = true
    })
    this.#store(subject, append, rows)
  }

  async renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean> {
    const kept = this.#kept(subject, 'renew')
    if (kept?.head?.epoch !== epoch || kept.leaseUntil <= this.#now()) return false
    this.#write({ type: 'renewed', subject, leaseUntil: this.#now() + ttlMs }, 'renew')
    return true
  }

  async settled(subject: SubjectRef, key: string): Promise<Settled | undefined> {
    return this.#kept(subject, 'settled')?.settled.get(key)
  }

  async *history(
    subject: SubjectRef,
    { from = 1, to }: { readonly from?: number; readonly to?: number } = {},
  ): AsyncIterable<SealedRecord> {
    yield* this.#kept(subject, 'history')?.records.slice(from - 1, to) ?? []
  }

  async *heads(chart: string): AsyncIterable<{ readonly id: string; readonly head: Head }> {
    for (const { subject, head } of this.#all('heads', chart)) if (head !== null) yield { id: subject.id, head }
  }

  async abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]> {
    const now = this.#now()
    const wanted = ({ head, leaseUntil, subject }: Kept): boolean =>
      !!head?.flip && head.flip.course.type !== 'stuck' && leaseUntil <= now && (id === undefined || id === subject.id)
    return idsOf(this.#all('abandoned', chart).filter(wanted), limit)
  }

  async due(chart: string, limit: number): Promise<readonly string[]> {
    const now = this.#now()
    const wanted = ({ head }: Kept): boolean => !head?.flip && !!head?.timers.some(({ at }) => at <= now)
    return idsOf(this.#all('due', chart).filter(wanted), limit)
  }

  async stuck(chart: string, limit: number): Promise<readonly string[]> {
    const wanted = ({ head }: Kept): boolean => head?.flip?.course.type === 'stuck'
    return idsOf(this.#all('stuck', chart).filter(wanted), limit)
  }

  async feed(after: string | undefined, limit: number): Promise<FeedPage> {
    this.#assertOpen('feed')
    const begin = after === undefined ? 0 : placeOf(after)
    const { order } = this.#state
    const entries = order.slice(begin, begin + limit).flatMap(({ kept, n }) => {
      const sealed = kept.records[n - 1]
      return sealed === undefined ? [] : [{ subject: kept.subject, sealed }]
    })
    const end = begin + entries.length
    return { entries, cursor: `after ${end}`, more: end < order.length, withheld: false }
  }

  async *tips(): AsyncIterable<ChainTip> {
    for (const { subject, records } of this.#all('tips'))
      yield { subject, n: records.length, hash: records.at(-1)?.hash ?? '' }
  }

  async bookmark(name: string): Promise<string | undefined> {
    this.#assertOpen('bookmark')
    return this.#state.bookmarks.get(name)
  }

  async moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    this.#assertOpen('moveBookmark')
    if (this.#state.bookmarks.get(name) !== from) return false
    this.#write({ type: 'moved', bookmark: name, to }, 'moveBookmark')
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  rows(): readonly string[] {
    return this.#state.rows
  }

  /** Nothing is waited for in here: between the judgement and the line nobody else can come. */
  #store(subject: SubjectRef, append: Append, rows: readonly string[]): void {
    const kept = this.#kept(subject, 'append')
    const verdict = judge(kept, append)
    if (verdict === 'conflict') throw conflict(subject, append, kept?.head)
    if (verdict === 'repeat') return
    const { opId, head, lease, settled, forget, drop } = append
    for (const n of drop ?? []) if (kept?.records[n - 1] === undefined) throw noRecord(n)
    const records = sealAll(subject, append.records, kept?.records.at(-1)?.hash)
    const leaseUntil = lease === 'keep' ? null : lease === 'release' ? 0 : this.#now() + lease.ttlMs
    const place = { chart: subject.chart, id: subject.id }
    const line = {
      type: 'appended',
      subject: place,
      opId,
      records,
      head,
      leaseUntil,
      settled,
      forget,
      drop,
      rows,
    } as const
    this.#write(line, 'append')
    if (drop !== undefined) this.#clean(subject)
  }

  /** First the tape, then memory: what could not be kept has not happened. */
  #write(line: Line, operation: string): void {
    const text = JSON.stringify(line)
    try {
      this.#tape.add(text)
    } catch (error) {
      const cause = String(error)
      throw new PhasegateError('JOURNAL_FAILED', `${operation}: ${cause}`, { operation, cause }, { cause: error })
    }
    apply(this.#state, JSON.parse(text))
  }

  #clean(subject: SubjectRef): void {
    const kept = this.#kept(subject, 'append')
    if (kept === undefined) return
    const lines = this.#tape.read().map((line): Line => JSON.parse(line))
    this.#tape.replace(cleaned(lines, kept).map((line) => JSON.stringify(line)))
  }

  #kept(subject: SubjectRef, operation: string): Kept | undefined {
    this.#assertOpen(operation)
    return this.#state.subjects.get(nameOf(subject))
  }

  #all(operation: string, chart?: string): readonly Kept[] {
    this.#assertOpen(operation)
    return [...this.#state.subjects.values()].filter(({ subject }) => chart === undefined || subject.chart === chart)
  }

  #assertOpen(operation: string): void {
    if (this.#isClosed) throw new PhasegateError('JOURNAL_CLOSED', `${operation}: it was closed`, { operation })
  }
}

function idsOf(found: readonly Kept[], limit: number): readonly string[] {
  return found.slice(0, limit).map(({ subject }) => subject.id)
}

function placeOf(cursor: string): number {
  const place = CURSOR.exec(cursor)?.[1]
  if (place !== undefined) return Number(place)
  const facts = { option: 'the cursor', value: cursor, expected: 'one that feed() gave' }
  throw new PhasegateError('OPTION_INVALID', `the cursor ${JSON.stringify(cursor)} is not one that feed() gave`, facts)
}

function conflict(subject: SubjectRef, append: Append, head: Head | null | undefined): PhasegateError {
  const expected = `version ${append.expected.version}, epoch ${append.expected.epoch}`
  const found = `version ${head?.version ?? 0}, epoch ${head?.epoch ?? 0}`
  const facts = { subject: subject.id, expected, found }
  return new PhasegateError('JOURNAL_CONFLICT', `${subject.id}: ${expected} was expected; found ${found}`, facts)
}

function noRecord(n: number): PhasegateError {
  const facts = { option: 'drop', value: String(n), expected: 'the number of an earlier record' }
  return new PhasegateError('OPTION_INVALID', `drop names record ${n}, which is not there`, facts)
}
