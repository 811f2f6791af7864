import { PhasegateError } from '../base/index.ts'
import type { SubjectLog } from '../flip/index.ts'
import type { Head } from '../ports/index.ts'

/** Leave to do work under a phase. Give it back when the work has ended, however it ended. */
export interface Permit {
  readonly phase: string
  /** Gives the permit back; a second call does nothing. */
  done(): void
}

/** The permits of one phase that are out. */
class Ward {
  readonly phase: string
  /** As long as a permit is out, so is the desk that gave it there: a flip has to wait for it. */
  readonly permits: Permits
  out = 0
  isShut = false
  readonly #waiting = new Set<() => void>()

  constructor(phase: string, permits: Permits) {
    this.phase = phase
    this.permits = permits
  }

  back(): void {
    this.out -= 1
    if (this.out === 0 && this.#waiting.size > 0) this.#tellAll()
  }

  empty(signal: AbortSignal | undefined): Promise<void> {
    if (this.out === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      this.#waiting.add(resolve)
      signal?.addEventListener('abort', () => this.#waiting.delete(resolve) && reject(signal.reason), { once: true })
    })
  }

  #tellAll(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

class IssuedPermit implements Permit {
  readonly phase: string
  /** Where it belongs; undefined when it is back. */
  #ward: Ward | undefined

  constructor(ward: Ward) {
    this.phase = ward.phase
    this.#ward = ward
    ward.out += 1
  }

  done(): void {
    const ward = this.#ward
    if (ward === undefined) return
    this.#ward = undefined
    ward.back()
  }
}

/** The permits of one subject, as given out by this process. They are counted, not recorded. */
export class Permits {
  /** Who gives them out. */
  readonly desk: object
  readonly #log: SubjectLog
  readonly #wards = new Map<string, Ward>()
  /** The ward that gave out the last permit, unless it was shut since; good as long as the head is `#judged`. */
  #open: Ward | undefined
  #judged: Head | undefined

  constructor(log: SubjectLog, desk: object) {
    this.desk = desk
    this.#log = log
  }

  /**
   * Judges by the phase that this process saw last, without asking the store.
   * @throws NOT_IN_PHASE, PHASE_UNKNOWN before the first read
   */
  admit(phase: string): Permit {
    const open = this.#open
    const isOpen = open !== undefined && open.phase === phase && this.#log.seen === this.#judged
    return new IssuedPermit(isOpen ? open : this.#judge(phase))
  }

  /** Gives out no more permits for `phase` until `reopen`, and resolves when those that are out are back. */
  drained(phase: string, signal?: AbortSignal): Promise<void> {
    const ward = this.#ward(phase)
    ward.isShut = true
    this.#open = undefined
    return ward.empty(signal)
  }

  /** A flip has ended: whatever phase it left us in, permits may be given out for it. */
  reopen(): void {
    for (const ward of this.#wards.values()) ward.isShut = false
  }

  get anyOut(): boolean {
    for (const ward of this.#wards.values()) if (ward.out > 0) return true
    return false
  }

  /** How many permits for `phase` are out. */
  out(phase: string): number {
    return this.#wards.get(phase)?.out ?? 0
  }

  #ward(phase: string): Ward {
    const ward = this.#wards.get(phase) ?? new Ward(phase, this)
    this.#wards.set(phase, ward)
    return ward
  }

  #judge(phase: string): Ward {
    const { seen, phase: found } = this.#log
    if (found !== phase) throw this.#refusal(phase)
    const ward = this.#ward(phase)
    if (ward.isShut) throw this.#refusal(phase)
    this.#open = ward
    this.#judged = seen
    return ward
  }

  #refusal(asked: string): PhasegateError<'NOT_IN_PHASE'> | PhasegateError<'PHASE_UNKNOWN'> {
    const { phase, ref } = this.#log
    if (phase === undefined) {
      const message = `no permit for "${asked}": the phase of "${ref.id}" was never read here; await subject.phase() once before`
      return new PhasegateError('PHASE_UNKNOWN', message, { subject: ref.id })
    }
    const found = phase === asked ? `"${phase}" is being drained` : `"${ref.id}" is in "${phase}"`
    const message = `no permit for "${asked}": ${found}`
    return new PhasegateError('NOT_IN_PHASE', message, { subject: ref.id, asked, phase })
  }
}
