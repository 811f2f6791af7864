import { type Clock, isPhasegateError } from '../base/index.ts'
import type { Gate, Subject } from '../gate/index.ts'
import type { Lifecycle, LifecycleFlips, LifecyclePhase } from './lifecycle.ts'
import type { Returnable } from './traffic/index.ts'

/** Stands for a permit where none is needed. */
const UNNEEDED: Returnable = { done: () => {} }

/** A phase that was entered. */
export interface Entered {
  readonly phase: LifecyclePhase
  /** Wall time in ms. */
  readonly since: number
  /** The fencing token of the flip that led there; 0 before the first. */
  readonly epoch: number
}

/** Permits under whatever phase the service is in: as long as the listener is open, whoever comes is served. */
export class Admission {
  readonly #subject: Subject<LifecyclePhase, LifecycleFlips>
  readonly #clock: Clock
  #seen: Entered

  constructor(gate: Gate<Lifecycle>, subject: Subject<LifecyclePhase, LifecycleFlips>, clock: Clock) {
    this.#subject = subject
    this.#clock = clock
    this.#seen = { phase: 'starting', since: clock.now(), epoch: 0 }
    gate.on('flip.committed', ({ subject: id, to, at, epoch }) => {
      if (id === subject.id) this.#seen = { phase: to as LifecyclePhase, since: at, epoch }
    })
  }

  /** Whose phase it is. */
  get id(): string {
    return this.#subject.id
  }

  /** The phase that was entered last. */
  get seen(): Entered {
    return this.#seen
  }

  /** Undefined when the phase gives out no more permits. */
  admit(): Returnable | undefined {
    if (this.#seen.phase === 'stopped') return undefined
    try {
      return this.#subject.admit(this.#seen.phase)
    } catch (error) {
      // Its owner made the server listen before the journal was read.
      if (isPhasegateError(error, 'PHASE_UNKNOWN')) return UNNEEDED
      if (!isPhasegateError(error, 'NOT_IN_PHASE')) throw error
      const { asked, phase } = error.facts
      if (phase === asked) return undefined
      // A write whose outcome was not known at first: it did happen, and nobody told us.
      this.#seen = { phase: phase as LifecyclePhase, since: this.#clock.now(), epoch: this.#seen.epoch }
      return this.admit()
    }
  }
}
