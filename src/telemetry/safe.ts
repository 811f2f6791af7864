import type { FlipState, FlipWatch, Part, PartFailure, PartWatch, Prospect, WatchedEnd } from '../ports/index.ts'
import type { FlipBegin, GateWatch, Telemetry, Watched } from './telemetry.ts'

// All that a telemetry is told goes through here: what it throws is reported, and ends here.

type Report = (error: unknown) => void

/** Nobody is told anything any more: what could not begin, or has ended. */
const NOBODY = undefined

/** A gate's telemetry that harms nothing. */
export class SafeWatch {
  readonly #report: Report
  readonly #gate: GateWatch | undefined

  constructor(telemetry: Telemetry, gate: Watched) {
    this.#report = (error) => gate.failed(error, 'telemetry')
    this.#gate = quietly(this.#report, () => telemetry.attach(gate))
  }

  /** Undefined when it cannot be watched. */
  flip(begin: FlipBegin): SafeFlip | undefined {
    const flip = quietly(this.#report, () => this.#gate?.flip(begin))
    return flip && new SafeFlip(flip, this.#report)
  }

  stop(): void {
    quietly(this.#report, () => this.#gate?.stop())
  }
}

/** Follows one flip; told twice that it has ended, it believes the first. */
export class SafeFlip implements FlipWatch {
  readonly #report: Report
  #flip: FlipWatch | undefined
  #isJoined = false

  constructor(flip: FlipWatch, report: Report) {
    this.#flip = flip
    this.#report = report
  }

  get trace(): string | undefined {
    return this.#tell((flip) => flip.trace)
  }

  /** Whether the call shares the outcome of another. */
  get isJoined(): boolean {
    return this.#isJoined
  }

  waited(ms: number): void {
    this.#tell((flip) => flip.waited(ms))
  }

  going(prospect: Prospect): void {
    this.#tell((flip) => flip.going(prospect))
  }

  joined(trace: string | undefined): void {
    this.#isJoined = true
    this.#tell((flip) => flip.joined(trace))
  }

  taken(state: FlipState, epoch: number): void {
    this.#tell((flip) => flip.taken(state, epoch))
  }

  begin(part: Part): PartWatch {
    return new SafePart(
      this.#tell((flip) => flip.begin(part)),
      this.#report,
    )
  }

  ended(end: WatchedEnd): void {
    this.#tell((flip) => flip.ended(end))
    this.#flip = NOBODY
  }

  #tell<Answer>(what: (flip: FlipWatch) => Answer): Answer | undefined {
    const flip = this.#flip
    return flip === undefined ? undefined : quietly(this.#report, () => what(flip))
  }
}

/** How a call of the user's function went, whoever called it. */
type Made = { readonly type: 'returned'; readonly value: unknown } | { readonly type: 'threw'; readonly error: unknown }

class SafePart implements PartWatch {
  readonly #part: PartWatch | undefined
  readonly #report: Report

  constructor(part: PartWatch | undefined, report: Report) {
    this.#part = part
    this.#report = report
  }

  /** The user's function is called once, and answers for itself, whatever the telemetry makes of it. */
  run<Result>(call: () => Result): Result {
    let made: Made | undefined
    const once = (): Result => {
      made ??= tryOut(call)
      if (made.type === 'threw') throw made.error
      return made.value as Result
    }
    try {
      this.#part?.run(once)
    } catch (error) {
      if (made?.type !== 'threw' || made.error !== error) this.#report(error)
    }
    return once()
  }

  again(tries: number): void {
    quietly(this.#report, () => this.#part?.again(tries))
  }

  ended(failure: PartFailure | undefined): void {
    quietly(this.#report, () => this.#part?.ended(failure))
  }
}

function tryOut(call: () => unknown): Made {
  try {
    return { type: 'returned', value: call() }
  } catch (error) {
    return { type: 'threw', error }
  }
}

function quietly<Answer>(report: Report, ask: () => Answer): Answer | undefined {
  try {
    const answer = ask()
    if (answer instanceof Promise) answer.catch(report)
    return answer
  } catch (error) {
    report(error)
    return undefined
  }
}
