import { decide } from '../../src/flip/decide.ts'
import { adopt, next, report, resolve, unfold } from '../../src/flip/protocol.ts'
import type { Head } from '../../src/ports/index.ts'

/** The rules that the model lives by: the real ones, or some of them broken. */
export interface Rules {
  readonly next: typeof next
  readonly report: typeof report
  readonly adopt: typeof adopt
  readonly resolve: typeof resolve
  readonly unfold: typeof unfold
  readonly decide: typeof decide
  /** The epoch under which a flip is adopted. */
  readonly adoptedEpoch: (epoch: number) => number
  /** Whether the store takes an append that expects this head. */
  readonly accepts: (stored: Position, expected: Position) => boolean
  /** Whether the store knows an append again by its operation id. */
  readonly knowsOpIds: boolean
  /** Whether the store takes back what a transaction wrote, when it refuses its append. */
  readonly takesBack: boolean
  /** Whether an owner that finds a newer epoch, or another flip, leaves it. */
  readonly leavesWhenFenced: boolean
  /** Whether a confirm that passed counts only for the head that was looked at. */
  readonly looksAgain: boolean
}

type Position = Pick<Head, 'version' | 'epoch'>

export const REAL: Rules = {
  next,
  report,
  adopt,
  resolve,
  unfold,
  decide,
  adoptedEpoch: (epoch) => epoch + 1,
  accepts: (stored, expected) => stored.version === expected.version && stored.epoch === expected.epoch,
  knowsOpIds: true,
  takesBack: true,
  leavesWhenFenced: true,
  looksAgain: true,
}
