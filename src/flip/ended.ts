import type { PhasegateError } from '../base/index.ts'
import type { Failure, FlipState } from '../ports/index.ts'
import type { Result } from './engine.ts'
import { type Change, outputsOf } from './protocol.ts'

/** How a run ended. `interrupted`: this process had to leave the flip; the journal knows the outcome, or another will. */
export type Ended =
  | { readonly type: 'committed'; readonly result: Result }
  | { readonly type: 'rolledBack'; readonly flip: FlipState; readonly failure: Failure; readonly cause: unknown }
  | { readonly type: 'stuck'; readonly flip: FlipState; readonly failure: Failure; readonly cause: unknown }
  | { readonly type: 'interrupted'; readonly error: PhasegateError }

/** How the flip ended with this change; undefined while it goes on. `cause`: what the user's function threw last. */
export function endOf(change: Change | undefined, epoch: number, cause: unknown): Ended | undefined {
  const flip = change?.flip
  if (change === undefined || flip === undefined) return undefined
  if (flip.course.type === 'stuck' && change.head.flip !== undefined) {
    return { type: 'stuck', flip, failure: flip.course.failure, cause }
  }
  const last = change.records.at(-1)
  if (last?.kind === 'committed') return { type: 'committed', result: resultOf(flip, epoch) }
  if (last?.kind === 'rolledBack') return { type: 'rolledBack', flip, failure: last.failure, cause }
  return undefined
}

function resultOf(flip: FlipState, epoch: number): Result {
  const { id, from, to, attempt } = flip
  return { flipId: id, flip: flip.flip, from, to, epoch, attempt, outputs: outputsOf(flip), replayed: false }
}
