import { isPhasegateError, PhasegateError } from '../base/index.ts'
import type { ConfirmSpec, FlipSpec, StepSpec } from '../chart/index.ts'
import type { Append, Body, Failure, FlipState, Head, Lease } from '../ports/index.ts'
import { type Abort, type Attempt, attempt, type Interruption } from './attempt.ts'
import type { Engine, Result } from './engine.ts'
import { Holding } from './holding.ts'
import type { SubjectLog } from './log.ts'
import { type Performer, perform } from './perform.ts'
import { type Action, type Change, isPastReturn, next, outputsOf, report, unfold } from './protocol.ts'

/** How a run ended. `interrupted`: this process had to leave the flip; the journal knows the outcome, or another will. */
export type Ended =
  | { readonly type: 'committed'; readonly result: Result }
  | { readonly type: 'rolledBack'; readonly flip: FlipState; readonly failure: Failure; readonly cause: unknown }
  | { readonly type: 'stuck'; readonly flip: FlipState; readonly failure: Failure; readonly cause: unknown }
  | { readonly type: 'interrupted'; readonly error: PhasegateError }

export interface RunOptions {
  readonly engine: Engine
  readonly log: SubjectLog
  readonly spec: FlipSpec
  /** The exclusive resources, already held. */
  readonly leases: readonly Lease[]
  /** Throws when this process takes no more flips: one that was being claimed then is left to another. */
  readonly assertOpen: () => void
  /** Handed the run before anything is performed, so that nothing of it goes unseen. */
  readonly taken: (run: Run) => void
  /** Stops admission to a phase and waits for the permits that are out. */
  readonly drained: (phase: string, signal: AbortSignal) => Promise<void>
}

/** A flip owned by this process: the loop around the protocol. */
export class Run implements Performer {
  readonly deps: unknown
  readonly subject: string
  readonly epoch: number
  readonly flipId: string
  readonly steps: readonly StepSpec[]
  readonly confirms: readonly ConfirmSpec[]
  readonly ended: Promise<Ended>

  readonly #options: RunOptions
  readonly #holding: Holding
  readonly #deadlineMs: number
  #flip: FlipState | undefined
  #work: Action | undefined
  #turn: Failure | undefined
  #left: (() => PhasegateError) | undefined
  #interruptPending: ((by: Interruption) => void) | undefined
  #cause: unknown

  /**
   * Takes the flip over with one append (a claim, an adoption, an operator's order) and drives it to its end.
   * @throws JOURNAL_CONFLICT when somebody else wrote first
   */
  static async take(options: RunOptions, base: Head, happened: readonly Body[]): Promise<Run> {
    const { engine, log, spec } = options
    const askedAtMs = engine.clock.monotonic()
    const change = unfold(base, happened, spec, { at: engine.clock.now(), epoch: base.epoch + 1 })
    await log.append(base, change, {
      lease: leaseAfter(change, engine.leaseTtlMs),
      opId: engine.nextId(),
      claim: claimOf(happened[0]),
      goOn: (error, failures) => error.code === 'OUTCOME_UNKNOWN' && failures < 5,
    })
    return new Run(options, change, askedAtMs)
  }

  private constructor(options: RunOptions, taken: Change, askedAtMs: number) {
    const { engine, log, spec, leases } = options
    this.#options = options
    this.deps = engine.deps
    this.subject = log.ref.id
    this.epoch = taken.head.epoch
    this.flipId = taken.flip?.id ?? ''
    this.#flip = taken.flip
    this.steps = spec.steps
    this.confirms = spec.confirms
    this.#deadlineMs = engine.clock.monotonic() + (taken.flip?.deadline ?? 0) - engine.clock.now()
    this.#holding = new Holding({
      engine,
      log,
      leases,
      epoch: this.epoch,
      askedAtMs,
      lost: (error) => this.interrupt({ type: 'leave', error }),
      resourceLost: (resource) => this.interrupt({ type: 'turn', failure: resourceLost(resource) }),
    })
    options.taken(this)
    this.ended = this.#drive(taken)
  }

  /** Ends what is being performed: to turn the flip back, where that is still possible, or to leave it. */
  interrupt(by: Interruption): void {
    if (by.type === 'leave') this.#left ??= by.error
    else if (this.mayTurn()) this.#turn ??= by.failure
    else return
    this.#interruptPending?.(by)
  }

  /** Whether the flip can still go back: it goes forward, and no irreversible step has happened or is under way. */
  mayTurn(): boolean {
    const flip = this.#flip
    if (flip?.course.type !== 'forward') return false
    const doubt = this.#work?.type === 'run' ? this.#work.step : flip.doubt
    return !isPastReturn({ done: flip.done, doubt }, this.#options.spec)
  }

  /** @throws LEASE_LOST, or why the process has to leave the flip */
  assertHeld(): void {
    if (this.#left !== undefined) throw this.#left()
    this.#holding.assertAll()
  }

  drained(phase: string, signal: AbortSignal): Promise<void> {
    return this.#options.drained(phase, signal)
  }

  leftMs(): number {
    return this.#deadlineMs - this.#options.engine.clock.monotonic()
  }

  random(): number {
    return this.#options.engine.random()
  }

  turning(): Failure | undefined {
    return this.#turn
  }

  threw(error: unknown): void {
    this.#cause = error
  }

  attempt(place: string, timeoutMs: number, abort: Abort, work: () => unknown): Attempt | Promise<Attempt> {
    this.assertHeldByClock()
    const { engine, log } = this.#options
    return attempt(engine, { subject: log, place, work, abort, timeoutMs, pending: this.#pending })
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.engine.clock.timer(ms, resolve)
      this.#interruptPending = () => {
        stop()
        resolve()
      }
    })
  }

  /** Nothing is begun on a lease that has run out, even if no heartbeat could say so yet. */
  assertHeldByClock(): void {
    if (this.#left !== undefined) throw this.#left()
    this.#holding.assertSubject()
  }

  readonly #pending = (interrupt: (by: Interruption) => void): void => {
    this.#interruptPending = interrupt
  }

  async #drive(taken: Change): Promise<Ended> {
    let end = this.#endOf(taken)
    if (end !== undefined) return end
    const { engine, log, assertOpen } = this.#options
    const stops = [...this.#holding.beats(), () => this.#lookForCancel()].map((beat) => engine.heart.add(beat))
    // Nothing is performed before `ended` can be looked at: the first step may close the gate, which waits for it.
    await Promise.resolve()
    try {
      assertOpen()
      while (end === undefined) end = this.#endOf(await this.#advance(this.#own(log.known ?? (await this.#read()))))
      return end
    } catch (error) {
      if (isPhasegateError(error)) return { type: 'interrupted', error }
      throw error
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** One turn of the loop: what must happen now, done and recorded. */
  async #advance(flip: FlipState): Promise<Change | undefined> {
    const { spec } = this.#options
    const action = next(flip, spec)
    this.#flip = flip
    this.#work = action
    if (action.type === 'rest') throw this.#fenced(undefined)
    if (action.type === 'write') return this.#record([action.body], false)
    const outcome = await perform(this, action, flip)
    // What was done must be recorded. A confirm that passed is looked at again when something came between.
    return this.#record([report(flip, spec, action, outcome)], action.type !== 'confirm' || outcome.type === 'failed')
  }

  /**
   * Appends what happened. When somebody wrote in between: on top of that where it `must` be recorded; else nothing, for
   * something else may have to happen now (a confirm that passed, say, and then a cancel).
   */
  async #record(happened: readonly Body[], must: boolean): Promise<Change | undefined> {
    const { engine, log, spec } = this.#options
    for (;;) {
      const base = log.known ?? (await this.#read())
      const flip = this.#own(base)
      if (!must && next(flip, spec).type !== this.#work?.type) return undefined
      const change = unfold(base, happened, spec, { at: engine.clock.now(), epoch: this.epoch })
      const askedAtMs = engine.clock.monotonic()
      try {
        await log.append(base, change, {
          lease: leaseAfter(change, engine.leaseTtlMs),
          opId: engine.nextId(),
          goOn: () => this.#mayAskAgain(),
        })
        this.#holding.extend(askedAtMs)
        return change
      } catch (error) {
        if (!isPhasegateError(error, 'JOURNAL_CONFLICT')) throw error
        if (!must) return undefined
      }
    }
  }

  #mayAskAgain(): boolean {
    this.assertHeldByClock()
    return true
  }

  /** The head as the journal has it, asked for as long as the lease is held. */
  #read(): Promise<Head> {
    return this.#options.log.read(() => this.#mayAskAgain())
  }

  /** The flip in `head`. @throws FENCED when it is not ours any more */
  #own({ epoch, flip }: Head): FlipState {
    if (flip?.id !== this.flipId || epoch !== this.epoch) throw this.#fenced(epoch)
    return flip
  }

  #endOf(change: Change | undefined): Ended | undefined {
    const flip = change?.flip
    if (change === undefined || flip === undefined) return undefined
    if (flip.course.type === 'stuck' && change.head.flip !== undefined) {
      return { type: 'stuck', flip, failure: flip.course.failure, cause: this.#cause }
    }
    const last = change.records.at(-1)
    if (last?.kind === 'committed') return { type: 'committed', result: resultOf(flip, this.epoch) }
    if (last?.kind === 'rolledBack') return { type: 'rolledBack', flip, failure: last.failure, cause: this.#cause }
    return undefined
  }

  /** Another process may have asked for a cancel: looked for at each heartbeat. */
  async #lookForCancel(): Promise<void> {
    if (this.#left !== undefined) return
    const head = await this.#options.log.read().catch(() => undefined)
    const cancel = head?.flip?.id === this.flipId ? head.flip.cancel : undefined
    if (cancel !== undefined) this.interrupt({ type: 'turn', failure: { code: 'CANCELLED', message: cancel.reason } })
  }

  #fenced(current: number | undefined): PhasegateError<'FENCED'> {
    const { subject, epoch } = this
    const message = `"${subject}" has a newer owner than epoch ${epoch}${current === undefined ? '' : `: epoch ${current}`}; the outcome is in the journal`
    return new PhasegateError('FENCED', message, { subject, epoch, current })
  }
}

/** An owner's write renews its lease; a flip that has ended or is stuck needs none. */
function leaseAfter({ head }: Change, ttlMs: number): { readonly ttlMs: number } | 'release' {
  return head.flip === undefined || head.flip.course.type === 'stuck' ? 'release' : { ttlMs }
}

/** A new flip under a key must not find an outcome of its own attempt: another may have come between. */
function claimOf(first: Body | undefined): Append['claim'] {
  if (first?.kind !== 'requested' || first.key === undefined) return undefined
  return { key: first.key, attempt: first.attempt }
}

function resultOf(flip: FlipState, epoch: number): Result {
  const { id, from, to, attempt } = flip
  return { flipId: id, flip: flip.flip, from, to, epoch, attempt, outputs: outputsOf(flip), replayed: false }
}

function resourceLost(resource: string): Failure {
  return { code: 'RESOURCE_LOST', message: `the lease on resource "${resource}" was lost` }
}
