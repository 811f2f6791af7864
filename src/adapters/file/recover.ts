import { checkPlace, FIRST_LINK, headerOf, type Link, logName } from '../../audit/index.ts'
import type { Clock, SubjectRef } from '../../ports/index.ts'
import { type Step, Table } from '../resident/index.ts'
import { readLimits } from './limits.ts'
import type { Account, AppendLine, Drop } from './line.ts'
import { BEGINNING, corrupt, type Placed, type Position, readSegment, segmentName } from './segment.ts'

/** An append, and where its line stands. */
export interface Stored extends Step {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

/** An order to drop, whose lines may still have to be cleaned. */
export interface Pending {
  readonly subject: SubjectRef
  readonly drop: Drop
}

/**
 * Folds the segments of a folder into memory. `read` may be called again: it goes on where it stopped, and so finds what
 * was written in the meantime.
 */
export class Recovery {
  readonly table: Table<Stored>
  /** The hash of each subject's last record. */
  readonly tips: Map<string, string> = new Map()
  /** Numbers of dropped records, by log. */
  readonly dropped: Map<string, ReadonlySet<number>> = new Map()
  /** Orders whose records may still be on the disk. */
  pending: readonly Pending[] = []
  readonly #folder: string
  readonly #segments: readonly number[]
  readonly #ends = new Map<number, Position>()
  #limits: ReadonlyMap<number, number> | undefined

  constructor(folder: string, segments: readonly number[], clock: Clock) {
    this.#folder = folder
    this.#segments = segments
    this.table = new Table(clock)
  }

  /** How many bytes of each segment were read. */
  get account(): Account {
    return this.#segments.map((segment) => [segment, this.#end(segment).offset])
  }

  async read(): Promise<void> {
    this.#limits ??= await readLimits(this.#folder, this.#segments)
    for (const segment of this.#segments) await this.#readOn(segment, this.#limits.get(segment))
  }

  /** From the line on that says so nobody is shown these records. */
  drop(subject: SubjectRef, drop: Drop): void {
    const log = logName(subject)
    const entry = this.table.get(subject)
    if (entry !== undefined) this.table.clean(entry, new Set(drop.flips))
    this.dropped.set(log, new Set([...(this.dropped.get(log) ?? []), ...drop.records]))
    this.pending = [...this.pending, { subject, drop }]
  }

  async #readOn(segment: number, limit: number | undefined): Promise<void> {
    for await (const placed of readSegment(this.#path(segment), this.#end(segment), limit)) {
      if (placed.value.is === 'append') this.#apply(segment, placed, placed.value)
      this.#ends.set(segment, { offset: placed.offset + placed.length + 1, line: placed.line + 1 })
    }
    const end = this.#end(segment)
    if (limit !== undefined && end.offset !== limit) {
      const problem = `it ends after ${end.offset} whole bytes, although ${limit} were accounted for`
      throw corrupt(this.#path(segment), end.line, problem)
    }
  }

  #apply(segment: number, placed: Placed, line: AppendLine): void {
    const { subject, head, op, settled, forget, drop } = line
    const log = logName(subject)
    let link: Link = { n: this.table.get(subject)?.head.version ?? FIRST_LINK.n, hash: this.tips.get(log) }
    for (const record of line.records) {
      const problem = checkPlace(subject, headerOf(record), link)
      if (problem !== undefined) throw corrupt(this.#path(segment), placed.line, problem)
      link = { n: link.n + 1, hash: record.hash }
    }
    if (head.version !== link.n) {
      throw corrupt(
        this.#path(segment),
        placed.line,
        `its head is of version ${head.version}, its records end at ${link.n}`,
      )
    }
    if (link.hash !== undefined) this.tips.set(log, link.hash)
    const stored = { version: head.version, opId: op, segment, offset: placed.offset, length: placed.length }
    if (drop !== undefined) this.drop(subject, drop)
    this.table.store(subject, { head, settled, forget, lease: 'release' }, stored)
  }

  #path(segment: number): string {
    return `${this.#folder}/${segmentName(segment)}`
  }

  #end(segment: number): Position {
    return this.#ends.get(segment) ?? BEGINNING
  }
}
