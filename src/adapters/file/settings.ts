import type { Clock } from '../../ports/index.ts'
import type { Disk } from '../folder/index.ts'

/** What opening and writing need to know. */
export interface Settings {
  readonly folder: string
  readonly clock: Clock
  readonly disk: Disk
  readonly waitMs: number
  readonly ttlMs: number
  readonly segmentBytes: number
}
