import type { FlipContext, GuardContext, StepContext } from '../chart/index.ts'
import type { Actor, Approval, FlipState, FlipWatch, Rollback } from '../ports/index.ts'
import type { Abort } from './attempt.ts'
import { outputsOf } from './protocol.ts'

/** What a flip is called with, before it has an id. */
export interface Asked {
  readonly deps: unknown
  readonly input: unknown
  readonly subject: string
  readonly flip: string
  readonly from: string
  readonly to: string
  readonly actor: Actor | undefined
}

/** What a guard is asked about. */
export interface GuardAsked extends Asked {
  readonly at: number
  readonly rolledBack: readonly Rollback[]
  readonly approvals: readonly Approval[]
  /** Who follows the flip; undefined where nobody watches. */
  readonly watch: FlipWatch | undefined
}

/** What all contexts have. The signal costs nothing until somebody looks at it. */
class FlipScope implements FlipContext {
  readonly deps: unknown
  readonly input: unknown
  readonly subject: string
  readonly flip: string
  readonly from: string
  readonly to: string
  readonly actor: Actor | undefined
  readonly #abort: Abort

  constructor(asked: Asked, abort: Abort) {
    this.deps = asked.deps
    this.input = asked.input
    this.subject = asked.subject
    this.flip = asked.flip
    this.from = asked.from
    this.to = asked.to
    this.actor = asked.actor
    this.#abort = abort
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
}

/** The context of a guard. */
export class GuardScope extends FlipScope implements GuardContext {
  readonly at: number
  readonly rolledBack: readonly Rollback[]
  readonly approvals: readonly Approval[]

  constructor(asked: GuardAsked, abort: Abort) {
    super(asked, abort)
    this.at = asked.at
    this.rolledBack = asked.rolledBack
    this.approvals = asked.approvals
  }
}

/** What a running flip lends to the context of its steps. */
export interface Running {
  readonly deps: unknown
  readonly subject: string
  readonly epoch: number
  /** The flip's input, in clear. */
  readonly input: unknown
  assertHeld(): void
  drained(phase: string, signal: AbortSignal): Promise<void>
}

/** The context of a step, a confirm or an undo. */
export class StepScope extends FlipScope implements StepContext {
  readonly flipId: string
  readonly attempt: number
  readonly epoch: number
  readonly stepKey: string
  readonly #flip: FlipState
  readonly #running: Running

  constructor(running: Running, flip: FlipState, stepKey: string, abort: Abort) {
    const { deps, subject, input } = running
    super({ deps, subject, input, flip: flip.flip, from: flip.from, to: flip.to, actor: flip.actor }, abort)
    this.flipId = flip.id
    this.attempt = flip.attempt
    this.epoch = running.epoch
    this.stepKey = stepKey
    this.#flip = flip
    this.#running = running
  }

  get outputs(): Readonly<Record<string, unknown>> {
    return outputsOf(this.#flip)
  }

  // Getters that hand out functions: contexts are taken apart (`({ assertHeld }) => …`), and `this` would be lost.
  get assertHeld(): () => void {
    return () => this.#running.assertHeld()
  }

  get drained(): (phase: string) => Promise<void> {
    return (phase) => this.#running.drained(phase, this.signal)
  }
}

/** The context of an undo. `output` is undefined when the step is in doubt. */
export class UndoScope extends StepScope {
  readonly output: unknown

  constructor(running: Running, flip: FlipState, step: string, abort: Abort) {
    super(running, flip, `${flip.id}:${step}:undo`, abort)
    this.output = flip.done.find((checkpoint) => checkpoint.step === step)?.output
  }
}
