import { type Clock, isPhasegateError } from '../base/index.ts'
import type { Gate, Subject } from '../gate/index.ts'
import type { Lifecycle, LifecycleFlips, LifecyclePhase } from './lifecycle.ts'
import type { Returnable } from './traffic/index.ts'

/** Stands for a permit where none is needed. */
const UNNEEDED: Returnable = { done: () => {} }

/** Permits for requests, under whatever phase the service is in: as long as the listener is open, whoever comes is served. */
export class Admission {
  readonly #subject: Subject<LifecyclePhase, LifecycleFlips>
  readonly #clock: Clock
  #seen: { readonly phase: LifecyclePhase; readonly since: number }

  constructor(gate: Gate<Lifecycle>, subject: Subject<LifecyclePhase, LifecycleFlips>, clock: Clock) {
    this.#subject = subject
    this.#clock = clock
    this.#seen = { phase: 'starting', since: clock.now() }
    gate.on('flip.committed', (event) => {
      if (event.subject === subject.id) this.#seen = { phase: event.to as LifecyclePhase, since: event.at }
    })
  }

  /** The phase that was entered last, and when, as wall time in ms. */
  get seen(): { readonly phase: LifecyclePhase; readonly since: number } {
    return this.#seen
  }

  /** Undefined when the phase gives out no more permits. */
  admit(): Returnable | undefined {
    try {
      return this.#subject.admit(this.#seen.phase)
    } catch (error) {
      // Its owner made the server listen before the journal was read.
      if (isPhasegateError(error, 'PHASE_UNKNOWN')) return UNNEEDED
      if (!isPhasegateError(error, 'NOT_IN_PHASE')) throw error
      const { asked, phase } = error.facts
      if (phase === asked) return undefined
      // A write whose outcome was not known at first: it did happen, and nobody told us.
      this.#seen = { phase: phase as LifecyclePhase, since: this.#clock.now() }
      return this.admit()
    }
  }
}
