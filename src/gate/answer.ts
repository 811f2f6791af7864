import { PhasegateError, unreachable } from '../base/index.ts'
import type { Ended, Result } from '../flip/index.ts'
import type { Failure, FlipState, Settled } from '../ports/index.ts'
import { again } from './input.ts'
import type { FlipOutcome, Safe } from './types.ts'

/** How a request ended, for however many callers: each gets a result, or an error, of its own. */
export type Answer = Ended | { readonly type: 'refused'; readonly error: PhasegateError }

/** Whose flip it was. */
interface About {
  readonly subject: string
  readonly flip: string
  readonly flipId: string
  readonly from: string
}

/** A result, or an error made for this caller. */
export function settle(subject: string, answer: Answer): Safe<Result> {
  switch (answer.type) {
    case 'committed':
      return { success: true, data: answer.result }
    case 'rolledBack':
      return failure(rolledBackError(aboutOf(subject, answer.flip), answer.failure, false, answer.cause))
    case 'stuck':
      return failure(stuckError(aboutOf(subject, answer.flip), answer.failure, answer.cause))
    case 'interrupted':
    case 'refused':
      return failure(again(answer.error))
    default:
      return unreachable(answer)
  }
}

function failure(error: PhasegateError): Safe<never> {
  return { success: false, error }
}

/** The result; throws the error. */
export function unwrap(safe: Safe<Result>): Result {
  if (safe.success) return safe.data
  throw safe.error
}

/** The stored outcome of an earlier call. */
export function replay(subject: string, settled: Settled): Answer {
  const { flipId, flip, from, to, epoch, attempt, outcome } = settled
  switch (outcome.type) {
    case 'committed':
      return {
        type: 'committed',
        result: { flipId, flip, from, to, epoch, attempt, outputs: outcome.outputs, replayed: true },
      }
    case 'rolledBack':
      return {
        type: 'refused',
        error: rolledBackError({ subject, flip, flipId, from }, outcome.failure, true, undefined),
      }
    case 'overridden':
      return { type: 'refused', error: overriddenError(subject, flip, flipId, outcome.phase) }
    default:
      return unreachable(outcome)
  }
}

/** How a flip that nobody called for here has ended. */
export function outcomeOf(subject: string, flipId: string, flip: string, ended: Ended): FlipOutcome {
  const about = { subject, flipId, flip }
  switch (ended.type) {
    case 'committed':
      return { ...about, outcome: 'committed', failure: undefined, error: undefined }
    case 'rolledBack':
    case 'stuck':
      return { ...about, outcome: ended.type, failure: ended.failure, error: undefined }
    case 'interrupted':
      return { ...about, outcome: 'interrupted', failure: undefined, error: ended.error }
    default:
      return unreachable(ended)
  }
}

export function aboutOf(subject: string, flip: FlipState): About {
  return { subject, flip: flip.flip, flipId: flip.id, from: flip.from }
}

function rolledBackError(
  about: About,
  failure: Failure,
  replayed: boolean,
  cause: unknown,
): PhasegateError<'FLIP_ROLLED_BACK'> {
  const { subject, flip, from } = about
  const message = `flip "${flip}" of "${subject}" was rolled back to "${from}": ${failure.message || failure.code}`
  return new PhasegateError('FLIP_ROLLED_BACK', message, { ...about, failure, replayed }, { cause })
}

export function stuckError(about: About, failure: Failure, cause: unknown): PhasegateError<'FLIP_STUCK'> {
  const { subject, flip, flipId } = about
  const message = `flip "${flip}" of "${subject}" is stuck and has to be resolved (${flipId}): ${failure.message}`
  return new PhasegateError('FLIP_STUCK', message, { subject, flip, flipId, failure }, { cause })
}

export function overriddenError(
  subject: string,
  flip: string,
  flipId: string,
  phase: string,
): PhasegateError<'FLIP_OVERRIDDEN'> {
  const message = `flip "${flip}" of "${subject}" was overridden: an operator forced the subject into "${phase}"`
  return new PhasegateError('FLIP_OVERRIDDEN', message, { subject, flip, flipId, phase })
}
