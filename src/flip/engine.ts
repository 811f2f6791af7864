import type { AnyChart } from '../chart/index.ts'
import type { Clock, Journal, JournalRecord, Secrets, SubjectRef } from '../ports/index.ts'
import type { Deadlines } from './deadlines.ts'
import type { Change } from './protocol.ts'
import type { Heart } from './tenure.ts'

/** What every flip of a gate shares. */
export interface Engine {
  readonly chart: AnyChart
  readonly deps: unknown
  readonly journal: Journal
  /** There where the chart marks anything as sensitive. */
  readonly secrets: Secrets | undefined
  readonly clock: Clock
  readonly random: () => number
  /** Unique per process start and gate. */
  readonly owner: string
  readonly leaseTtlMs: number
  readonly heart: Heart
  readonly deadlines: Deadlines
  /** Ids that no other process start and no other gate makes. */
  readonly nextId: () => string
  /** Told of every record once it is stored, and of the change that it is part of. */
  readonly recorded: (subject: SubjectRef, record: JournalRecord, change: Pick<Change, 'flip' | 'since'>) => void
}

/** How a committed flip answers. */
export interface Result {
  readonly flipId: string
  readonly flip: string
  readonly from: string
  readonly to: string
  readonly epoch: number
  /** 1 for the first flip under its key, one more for each that was rolled back before. */
  readonly attempt: number
  readonly outputs: Readonly<Record<string, unknown>>
  /** Whether it was read from the journal instead of run now. */
  readonly replayed: boolean
}
