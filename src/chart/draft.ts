import type { FlipSpec, Migrations, PhaseSpec } from './types.ts'

/** A flip under declaration: everything parsed, the whole not yet judged. */
export interface FlipDraft extends Omit<FlipSpec, 'to' | 'entering'> {
  readonly to: string | undefined
}

/** A chart under declaration. Lists keep duplicates, so that `build()` can name them. */
export interface ChartDraft {
  readonly name: string
  readonly version: number
  readonly phases: readonly PhaseSpec[]
  readonly flips: readonly FlipDraft[]
  readonly migrations: Migrations
  readonly operators: readonly string[]
}
