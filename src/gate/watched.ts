import { isPhasegateError, messageOf, type PhasegateError, unreachable } from '../base/index.ts'
import type { Ended, Engine } from '../flip/index.ts'
import type { PartFailure, WatchedEnd } from '../ports/index.ts'
import type { Events, Watched } from '../telemetry/index.ts'
import type { Answer } from './answer.ts'

/** Beyond this nobody needs to know how many there are. */
const MOST_COUNTED = 1_000

/** The gate, as its telemetry sees it. */
export function watched({ chart, clock, journal }: Engine, events: Events): Watched {
  return {
    chart,
    clock,
    on: (event, listener) => events.on(event, listener),
    failed: (error, during) => events.failed(error, during),
    partial: async () => (await journal.abandoned(chart.name, MOST_COUNTED)).length,
    stuck: async () => (await journal.stuck(chart.name, MOST_COUNTED)).length,
  }
}

/** How a flip that this process owned has ended. */
export function endOf(ended: Ended, flipId: string): WatchedEnd {
  switch (ended.type) {
    case 'committed':
      return { outcome: 'committed', flipId, failure: undefined }
    case 'rolledBack':
    case 'stuck': {
      const { code, message } = ended.failure
      return { outcome: ended.type, flipId, failure: { code, message, cause: ended.cause } }
    }
    case 'interrupted':
      return { outcome: 'interrupted', flipId, failure: failureOf(ended.error) }
    default:
      return unreachable(ended)
  }
}

/** How a call has ended that came to no flip of its own: it was refused, or shares the outcome of another. */
export function endOfCall(answer: Answer, isJoined: boolean): WatchedEnd {
  const shared = isJoined ? 'joined' : 'replayed'
  switch (answer.type) {
    case 'committed':
      return { outcome: shared, flipId: answer.result.flipId, failure: undefined }
    case 'rolledBack':
    case 'stuck':
      return { ...endOf(answer, answer.flip.id), outcome: shared }
    case 'interrupted':
      return { outcome: shared, flipId: undefined, failure: failureOf(answer.error) }
    case 'refused': {
      const flipId = settledIn(answer.error)
      return { outcome: flipId === undefined ? 'refused' : shared, flipId, failure: failureOf(answer.error) }
    }
    default:
      return unreachable(answer)
  }
}

/** A call that threw what is no error of ours. */
export function endOfBroken(thrown: unknown): WatchedEnd {
  return {
    outcome: 'refused',
    flipId: undefined,
    failure: { code: '_OTHER', message: messageOf(thrown), cause: thrown },
  }
}

/** The flip whose outcome an error tells of. */
function settledIn(error: PhasegateError): string | undefined {
  const isOutcome =
    isPhasegateError(error, 'FLIP_ROLLED_BACK') ||
    isPhasegateError(error, 'FLIP_STUCK') ||
    isPhasegateError(error, 'FLIP_OVERRIDDEN')
  return isOutcome ? error.facts.flipId : undefined
}

function failureOf(error: PhasegateError): PartFailure {
  return { code: error.code, message: error.message, cause: error }
}
