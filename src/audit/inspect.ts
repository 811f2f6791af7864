import { unreachable } from '../base/index.ts'
import type { LogTip } from '../ports/index.ts'
import { FIRST_LINK } from './chain.ts'
import { Claims } from './claims.ts'
import { type Examined, examine, type StoredRecord } from './examine.ts'
import type { Fault, FaultClass } from './fault.ts'
import { type Doubt, type LogState, placeOf } from './place.ts'

type Sealed = Extract<Examined, { type: 'sealed' }>

export interface InspectorOptions {
  /** Whether the source may give a record more than once, as a sink may hold it. */
  readonly mayRepeat: boolean
  /** Whether to go on after the first fault: then one of each log is found. */
  readonly all: boolean
}

/** What was found in the records. */
export interface Findings {
  readonly faults: readonly Fault[]
  readonly records: number
  readonly subjects: number
  /** Payloads that were dropped, and are accounted for. */
  readonly redacted: number
  /** What is behind the last checkpoint: nobody vouches for it. */
  readonly uncovered: { readonly records: number; readonly subjects: number }
}

/**
 * Follows the chains of many logs, whose records come in any mixture, and compares them with what is vouched for. It holds
 * a few hundred bytes a log and what `Claims` take, however many records go by.
 */
export class Inspector {
  readonly #options: InspectorOptions
  readonly #logs = new Map<string, LogState>()
  readonly #claims = new Claims()
  readonly #faults: Fault[] = []
  /** The one log that is looked at, once it may be that of the first fault. */
  #only: LogState | undefined
  #records = 0

  constructor(options: InspectorOptions) {
    this.#options = options
  }

  /** Whether nothing that may still come changes what was found. */
  get isDone(): boolean {
    return !this.#options.all && this.#faults.length > 0
  }

  /** Says where a log begins whose first records were removed on purpose. */
  begin({ log, n, hash }: LogTip): void {
    const state = this.#state(log)
    state.start = n
    state.last = { n, hash }
  }

  /**
   * Says what a log must be: by checkpoint `seq`, or by the head that the journal keeps (0). Before its records come. Where
   * it `isYoung`, the record may not have arrived yet.
   */
  vouch({ log, n, hash }: LogTip, seq: number, isYoung: boolean): void {
    const state = this.#state(log)
    this.#claims.add(state.claims, { n, hash, seq })
    if (seq > 0) state.vouched = Math.max(state.vouched, n)
    if (!isYoung && n > state.due.n) state.due = { n, seq }
  }

  see(record: StoredRecord): void {
    if (this.isDone) return
    const state = this.#state(record.log)
    if (state.course.type === 'faulty' || (this.#only !== undefined && this.#only !== state)) return
    this.#records += 1
    const examined = examine(record)
    if (examined.type === 'sealed') this.#place(state, record, examined)
    else this.#fail(state, examined.class, record.n ?? state.last.n + 1, examined.problem)
  }

  /** Takes a fault that the source itself has found. */
  report(fault: Fault): void {
    if (!this.isDone && this.#only === undefined) this.#faults.push(fault)
  }

  /** Logs with records that came again, and whose chain was not followed to an end: `recheck` tells whether they are true. */
  get hasUnfollowed(): boolean {
    for (const { unfollowed } of this.#logs.values()) if (unfollowed !== undefined && unfollowed.size > 0) return true
    return false
  }

  /** Compares, when all records are given once more, those that came again with those that came first. */
  recheck({ log, n = 0, hash }: StoredRecord): void {
    const { unfollowed } = this.#state(log)
    const again = unfollowed?.get(n)
    if (again === undefined) return
    unfollowed?.delete(n)
    if (again !== hash) this.#fail(this.#state(log), 'inserted', n, twice(n))
  }

  /** When all records have come. */
  finish(): Findings {
    for (const state of this.#logs.values()) {
      if (this.isDone) break
      this.#end(state)
    }
    let redacted = 0
    const uncovered = { records: 0, subjects: 0 }
    let subjects = 0
    for (const { last, start, vouched, blank, accounted } of this.#logs.values()) {
      if (last.n > start) subjects += 1
      for (const n of blank ?? []) if (accounted?.has(n)) redacted += 1
      const tail = last.n - Math.max(vouched, start)
      if (tail > 0) {
        uncovered.records += tail
        uncovered.subjects += 1
      }
    }
    return { faults: this.#faults, records: this.#records, subjects, redacted, uncovered }
  }

  #place(state: LogState, record: StoredRecord, sealed: Sealed): void {
    const { n, prev } = sealed
    const place = placeOf(state.last, n, prev)
    if (state.course.type === 'doubtful' && this.#settles(state, state.course.doubt, n, prev)) return
    switch (place) {
      case 'repeats':
        return this.#repeat(state, record, sealed)
      case 'breaks':
        if (state.course.type === 'sound')
          this.#fail(
            state,
            'edited',
            n,
            `it does not follow record ${n - 1} as it stands: one of the two is another than it was`,
          )
        break
      case 'skips':
        this.#suspectGap(state, n)
        break
      case 'follows':
        if (record.n !== undefined && record.n !== n)
          this.#fail(state, 'edited', record.n, `it was sealed as number ${n}`)
        break
      default:
        unreachable(place)
    }
    state.last = { n, hash: record.hash }
    this.#compare(state, n, record.hash)
    note(state, sealed)
  }

  /** Whether this record tells which fault it is that was suspected. */
  #settles(state: LogState, doubt: Doubt, n: number, prev: string | undefined): boolean {
    if (doubt.type === 'gap') {
      if (n < doubt.from || n > doubt.to) return false
      this.#settle(state, { ...doubt.fault, class: 'reordered', problem: `it comes after later ones` })
      return true
    }
    if (n !== doubt.fault.n + 1) return false
    const edited: Fault = { ...doubt.fault, class: 'edited', problem: 'it is not the one that the next one follows' }
    this.#settle(state, prev === doubt.vouched ? edited : doubt.fault)
    return true
  }

  /** A record whose number was there. A run of them is true if it ends in a hash of the chain: each names the one before. */
  #repeat(state: LogState, { hash }: StoredRecord, sealed: Sealed): void {
    if (state.course.type !== 'sound') return
    const { n, prev } = sealed
    if (!this.#options.mayRepeat) return this.#fail(state, 'inserted', n, `there is another record ${n} before it`)
    if (n === state.last.n && hash !== state.last.hash) return this.#fail(state, 'inserted', n, twice(n))
    state.unfollowed ??= new Map()
    if (state.unfollowed.get(n - 1) === prev) state.unfollowed.delete(n - 1)
    const again = state.unfollowed.get(n)
    if (again !== undefined && again !== hash) return this.#fail(state, 'inserted', n, twice(n))
    if (n < state.last.n) state.unfollowed.set(n, hash)
    note(state, sealed)
  }

  #suspectGap(state: LogState, n: number): void {
    const from = state.last.n + 1
    const missing = from === n - 1 ? 'it is' : `this one and those up to ${n - 1} are`
    const fault = {
      class: 'deleted',
      log: state.log,
      n: from,
      problem: `${missing} missing before record ${n}`,
    } as const
    this.#suspect(state, { type: 'gap', from, to: n - 1, fault })
  }

  /** Compares record n with all that is claimed of the log up to there. */
  #compare(state: LogState, n: number, hash: string): void {
    while (this.#claims.peekNumber(state.claims) <= n) {
      const claim = this.#claims.peek(state.claims)
      this.#claims.shift(state.claims)
      if (claim === undefined || claim.n < n || claim.hash === hash) continue
      const fault = {
        class: 'forked',
        log: state.log,
        n,
        problem: `it is not the one that ${by(claim.seq)} vouches for`,
      } as const
      this.#suspect(state, { type: 'other', vouched: claim.hash, fault })
    }
  }

  #end(state: LogState): void {
    const { log, course, last, due, blank, accounted, unfollowed } = state
    if (course.type === 'faulty' || (this.#only !== undefined && this.#only !== state)) return
    if (course.type === 'doubtful') return this.#settle(state, course.doubt.fault)
    const [again] = unfollowed?.keys() ?? []
    if (again !== undefined) return this.#fail(state, 'inserted', again, twice(again))
    if (due.n > last.n) {
      const problem = `${by(due.seq)} vouches for ${due.n} records, and ${last.n} are here: cut off, or not yet delivered`
      return this.#settle(state, { class: 'truncated', log, n: last.n + 1, problem })
    }
    const unexplained = [...(blank ?? [])].filter((n) => !accounted?.has(n))
    if (unexplained.length > 0)
      this.#fail(
        state,
        'redacted',
        Math.min(...unexplained),
        'its payload was dropped, and no record says by whom and why',
      )
  }

  #fail(state: LogState, fault: FaultClass, n: number, problem: string): void {
    // What was suspected first is what is told.
    if (state.course.type === 'doubtful') this.#settle(state, state.course.doubt.fault)
    else this.#settle(state, { class: fault, log: state.log, n, problem })
  }

  #suspect(state: LogState, doubt: Doubt): void {
    if (state.course.type !== 'sound') return
    state.course = { type: 'doubtful', doubt }
    if (!this.#options.all) this.#only = state
  }

  #settle(state: LogState, fault: Fault): void {
    if (state.course.type === 'faulty') return
    state.course = { type: 'faulty' }
    this.#faults.push(fault)
  }

  #state(log: string): LogState {
    let state = this.#logs.get(log)
    if (state === undefined) {
      state = {
        log,
        start: 0,
        last: FIRST_LINK,
        course: { type: 'sound' },
        claims: Claims.none(),
        due: { n: 0, seq: 0 },
        vouched: 0,
        unfollowed: undefined,
        blank: undefined,
        accounted: undefined,
      }
      this.#logs.set(log, state)
    }
    return state
  }
}

/** Keeps what has to do with dropped payloads. */
function note(state: LogState, { n, isBlank, drops }: Sealed): void {
  if (isBlank) {
    state.blank ??= new Set()
    state.blank.add(n)
  }
  for (const dropped of drops ?? []) {
    state.accounted ??= new Set()
    state.accounted.add(dropped)
  }
}

function twice(n: number): string {
  return `there are two different records ${n}`
}

function by(seq: number): string {
  return seq === 0 ? 'the head that the journal keeps' : `checkpoint ${seq}`
}
