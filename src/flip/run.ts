import { isPhasegateError, type PhasegateError } from '../base/index.ts'
import type { ConfirmSpec, FlipSpec, StepSpec } from '../chart/index.ts'
import type { Body, Failure, FlipState, FlipWatch, Head, Lease } from '../ports/index.ts'
import { type Abort, type Attempt, attempt, type Interruption } from './attempt.ts'
import { type Ended, endOf } from './ended.ts'
import type { Engine } from './engine.ts'
import { Holding } from './holding.ts'
import type { SubjectLog } from './log.ts'
import { Parts } from './parts.ts'
import { perform } from './perform.ts'
import type { Performer } from './performer.ts'
import { type Action, awaits, type Change, isPastReturn, next, report, unfold, type Work } from './protocol.ts'
import { openInput } from './veil.ts'
import { claimOf, leaseAfter, type Told, Writing } from './writing.ts'

export interface RunOptions {
  readonly engine: Engine
  readonly log: SubjectLog
  readonly spec: FlipSpec
  /** The exclusive resources, already held. */
  readonly leases: readonly Lease[]
  /** Who follows the flip, called once it is taken; undefined where nobody watches. */
  readonly watch: (() => FlipWatch | undefined) | undefined
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
  /** In clear. */
  readonly input: unknown
  readonly flipId: string
  readonly flip: string
  readonly steps: readonly StepSpec[]
  readonly confirms: readonly ConfirmSpec[]
  readonly watch: FlipWatch | undefined
  readonly parts: Parts | undefined
  readonly ended: Promise<Ended>

  readonly #options: RunOptions
  readonly #holding: Holding
  readonly #writing: Writing
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
    // Before anything is written: a flip whose input cannot be read is left to who can.
    const input = change.head.flip && openInput(spec, engine.secrets, change.head.flip.input)
    await log.append(base, change, {
      lease: leaseAfter(change, engine.leaseTtlMs),
      opId: engine.nextId(),
      claim: claimOf(happened[0]),
      goOn: (error, failures) => error.code === 'OUTCOME_UNKNOWN' && failures < 5,
    })
    return new Run(options, change, { askedAtMs, input })
  }

  private constructor(
    options: RunOptions,
    taken: Change,
    { askedAtMs, input }: { readonly askedAtMs: number; readonly input: unknown },
  ) {
    const { engine, log, spec, leases } = options
    this.#options = options
    this.deps = engine.deps
    this.subject = log.ref.id
    this.epoch = taken.head.epoch
    this.flipId = taken.flip?.id ?? ''
    this.input = input
    this.flip = spec.name
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
    const { flipId, epoch } = this
    const assertHeld = (): void => this.assertHeldByClock()
    this.#writing = new Writing({ engine, log, spec, holding: this.#holding, flipId, epoch, assertHeld })
    this.watch = options.watch?.()
    this.parts = this.watch && new Parts(this.watch)
    if (taken.flip !== undefined) this.watch?.taken(taken.flip, epoch)
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
    // It may have come while an irreversible transaction was being committed.
    const flip = this.#flip
    return flip === undefined || isPastReturn(flip, this.#options.spec) ? undefined : this.#turn
  }

  threw(error: unknown): void {
    this.#cause = error
    this.parts?.threw(error)
  }

  attempt(place: string, timeoutMs: number, abort: Abort, work: () => unknown): Attempt | Promise<Attempt> {
    this.assertHeldByClock()
    const { parts, flipId } = this
    const { engine, log } = this.#options
    const call = parts === undefined ? work : () => parts.call(work)
    return attempt(engine, { subject: log, flipId, place, work: call, abort, timeoutMs, pending: this.#pending })
  }

  transact(work: Work, run: (tx: unknown) => Promise<unknown>): Promise<Told> {
    return this.#writing.transact(work, run)
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
    let end = endOf(taken, this.epoch, this.#cause)
    if (end !== undefined) return end
    const { engine, assertOpen } = this.#options
    const stops = [...this.#holding.beats(), () => this.#lookForCancel()].map((beat) => engine.heart.add(beat))
    // Nothing is performed before `ended` can be looked at: the first step may close the gate, which waits for it.
    await Promise.resolve()
    try {
      assertOpen()
      while (end === undefined) end = endOf(await this.#advance(), this.epoch, this.#cause)
      return end
    } catch (error) {
      if (!isPhasegateError(error)) throw error
      this.parts?.ended(error)
      return { type: 'interrupted', error }
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** One turn of the loop: what must happen now, done and recorded. */
  async #advance(): Promise<Change | undefined> {
    const writing = this.#writing
    const heard = writing.isUnheard ? await writing.hear() : undefined
    if (heard !== undefined) return heard
    const { spec } = this.#options
    const flip = writing.known ?? (await writing.read())
    const action = next(flip, spec)
    this.#flip = flip
    this.#work = action
    if (action.type === 'rest') throw writing.fenced(undefined)
    if (action.type === 'write') return writing.record((now) => bodyIn(next(now, spec)))
    const outcome = await perform(this, action, flip)
    this.parts?.told(outcome)
    if (outcome.type === 'recorded') return outcome.change
    if (outcome.type === 'overtaken') return undefined
    // What was done must be recorded. A confirm that passed is looked at again when something came between, and so is
    // whether work that never began must still be done.
    const must = outcome.type === 'done' ? action.type !== 'confirm' : outcome.begun
    return writing.record((now) => (must || awaits(now, spec, action) ? report(now, spec, action, outcome) : undefined))
  }

  /** Another process may have asked for a cancel: looked for at each heartbeat. */
  async #lookForCancel(): Promise<void> {
    if (this.#left !== undefined) return
    const head = await this.#options.log.read().catch(() => undefined)
    const cancel = head?.flip?.id === this.flipId ? head.flip.cancel : undefined
    if (cancel !== undefined) this.interrupt({ type: 'turn', failure: { code: 'CANCELLED', message: cancel.reason } })
  }
}

function bodyIn(action: Action): Body | undefined {
  return action.type === 'write' ? action.body : undefined
}

function resourceLost(resource: string): Failure {
  return { code: 'RESOURCE_LOST', message: `the lease on resource "${resource}" was lost` }
}
