import { refuse } from '../../base/index.ts'
import { about } from '../../flip/index.ts'
import { type CurrentPhase, currentPhase } from '../index.ts'

/** What has a phase: a subject of a gate. */
export interface Phased {
  readonly chart: string
  readonly id: string
  readonly lastSeen: string | undefined
}

/**
 * Runs `work`, and whatever it starts, so that `currentPhase()`, and logs, spans and metrics with it, tell the phase of the
 * subject: the one it is in at that moment, as this process saw it last.
 * @example server.on('request', (request, response) => withPhase(api, () => handle(request, response)))
 */
export function withPhase<Result>(subject: Phased, work: () => Result): Result {
  if (typeof subject?.chart !== 'string' || typeof subject.id !== 'string')
    refuse('subject', subject, 'a subject of a gate')
  const { chart, id } = subject
  const place = {
    ref: { chart, id },
    get phase() {
      return subject.lastSeen
    },
  }
  return about(place, work)
}

/**
 * For pino's `mixin`: every line of the logger tells the chart, subject, phase and flip that it was written under.
 * @example pino({ mixin: phaseMixin() })
 */
export function phaseMixin(): () => Partial<CurrentPhase> {
  return () => {
    const here = currentPhase()
    if (here === undefined) return {}
    const { chart, subject, phase, flipId } = here
    return flipId === undefined ? { chart, subject, phase } : { chart, subject, phase, flipId }
  }
}
