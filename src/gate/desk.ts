import { isPhasegateError, PhasegateError } from '../base/index.ts'
import type { AnyChart, FlipSpec } from '../chart/index.ts'
import type { Key } from '../flip/index.ts'
import { type Ended, type Engine, Run, releaseAll, SubjectLog, unfold } from '../flip/index.ts'
import type { Body, FlipState, FlipWatch, Head, Lease, Lock } from '../ports/index.ts'
import type { Events, SafeWatch } from '../telemetry/index.ts'
import type { Authorize } from './access.ts'
import type { Answer } from './answer.ts'
import type { Denials } from './denials.ts'
import { Permits } from './permits.ts'
import { fitOf, strandedError } from './version.ts'
import { endOf, endOfBroken } from './watched.ts'

/** What leave depends on, besides the roles of the flip and of the operators. */
export interface AccessRules {
  readonly authorize: Authorize | undefined
  readonly timeoutMs: number
  /** Whether the chart declares roles for anything. */
  readonly reserves: boolean
}

/** What the subjects of a gate share. */
export interface Core {
  readonly chart: AnyChart
  readonly engine: Engine
  readonly lock: Lock
  readonly events: Events
  readonly access: AccessRules
  readonly denials: Denials
  /** Undefined where no telemetry was given: then nobody is told anything, at no cost. */
  readonly watch: SafeWatch | undefined
  /** @throws GATE_CLOSED */
  assertOpen(): void
}

/** A call under a key that has not been answered yet: the same key joins it. */
interface OpenCall {
  readonly flip: string
  readonly key: Key
  readonly answer: Promise<Answer>
  readonly trace: string | undefined
}

/** A flip that is to be owned by this process: what it holds for it, and who is to follow it once it is taken. */
interface Taking {
  readonly spec: FlipSpec
  readonly leases: readonly Lease[]
  readonly watch: (() => FlipWatch | undefined) | undefined
}

/** How often somebody else may write first before we say so. */
const MOST_CONFLICTS = 100

/** Everything this process knows of one subject. */
export class Desk {
  readonly core: Core
  readonly log: SubjectLog
  readonly permits: Permits
  /** By the text of the key. */
  readonly calls: Map<string, OpenCall> = new Map()
  #run: Run | undefined

  constructor(core: Core, id: string) {
    this.core = core
    this.log = new SubjectLog(core.engine, id)
    this.permits = new Permits(this.log, this)
  }

  get id(): string {
    return this.log.ref.id
  }

  /** The flip of this subject that this process owns. */
  get run(): Run | undefined {
    return this.#run
  }

  /** Whether this process has anything going on with the subject. */
  get isBusy(): boolean {
    return this.#run !== undefined || this.calls.size > 0 || this.permits.anyOut
  }

  /** The head as last seen, where it can be acted on as it is. */
  get known(): Head | undefined {
    const { known } = this.log
    return known !== undefined && fitOf(known, this.core.chart).type === 'fits' ? known : undefined
  }

  /** The head, read now, and moved to this version of the chart where that is declared. @throws CHART_VERSION */
  async head(): Promise<Head> {
    const { chart } = this.core
    for (;;) {
      const head = await this.log.read()
      const fit = fitOf(head, chart)
      if (fit.type === 'fits') return head
      if (fit.type === 'stranded') throw strandedError(this.id, head, chart, fit.why)
      await this.#tryRecord(head, [fit.body])
    }
  }

  /** The head as `head` would leave it, with nothing written. @throws CHART_VERSION */
  async view(): Promise<Head> {
    const { chart, engine } = this.core
    const head = await this.log.read()
    const fit = fitOf(head, chart)
    if (fit.type === 'fits') return head
    if (fit.type === 'stranded') throw strandedError(this.id, head, chart, fit.why)
    return unfold(head, [fit.body], undefined, { at: engine.clock.now(), epoch: head.epoch }).head
  }

  /** Takes a flip (claims, adopts, resolves it) and looks after it to its end. @throws JOURNAL_CONFLICT */
  take({ spec, leases, watch }: Taking, base: Head, happened: readonly Body[]): Promise<Run> {
    const { engine, assertOpen } = this.core
    const taken = (run: Run): void => void (this.#run = run)
    const drained = (phase: string, signal: AbortSignal): Promise<void> => this.permits.drained(phase, signal)
    return Run.take({ engine, log: this.log, spec, leases, watch, assertOpen, taken, drained }, base, happened)
  }

  /** Begins to watch a flip that this process goes on with in place of another; undefined where nobody watches. */
  watching(beginning: 'adopted' | 'resolved', { flip, trace }: FlipState): Taking['watch'] {
    const { watch } = this.core
    return watch && (() => watch.flip({ beginning, subject: this.id, flip, trace }))
  }

  /** What is left to do when a run has ended. */
  async conclude(run: Run, leases: readonly Lease[]): Promise<Ended> {
    try {
      const ended = await run.ended
      run.watch?.ended(endOf(ended, run.flipId))
      if (ended.type === 'interrupted') this.#tellLoss(run, ended.error)
      return ended
    } catch (error) {
      run.watch?.ended(endOfBroken(error))
      throw error
    } finally {
      if (this.#run === run) this.#run = undefined
      this.permits.reopen()
      if (leases.length > 0) await releaseAll(leases)
    }
  }

  /** Records something that changes no owner. `decide` sees the fresh head, and gives nothing when there is nothing to record. */
  async record(decide: (head: Head) => readonly Body[] | undefined): Promise<void> {
    for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
      const head = await this.head()
      const happened = decide(head)
      if (happened === undefined || (await this.#tryRecord(head, happened))) return
    }
    throw this.endlessConflict()
  }

  /** Records what changes nothing, so that it can be said of a subject of any version of the chart. */
  async note(happened: readonly Body[]): Promise<void> {
    for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
      if (await this.#tryRecord(await this.log.read(), happened)) return
    }
    throw this.endlessConflict()
  }

  /** Puts the subject where an operator wants it: a new epoch, so that whoever owned a flip is fenced. */
  async override(decide: (head: Head) => Body): Promise<void> {
    for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
      const head = await this.log.read()
      if (await this.#tryRecord(head, [decide(head)], head.epoch + 1)) return this.permits.reopen()
    }
    throw this.endlessConflict()
  }

  endlessConflict(): PhasegateError<'JOURNAL_CONFLICT'> {
    const message = `somebody else wrote "${this.id}" first, ${MOST_CONFLICTS} times in a row`
    const found = `version ${this.log.known?.version ?? 'unknown'}`
    return new PhasegateError('JOURNAL_CONFLICT', message, { subject: this.id, expected: 'an unchanged head', found })
  }

  /** False when somebody else wrote first. */
  async #tryRecord(base: Head, happened: readonly Body[], epoch?: number): Promise<boolean> {
    const { engine } = this.core
    const change = unfold(base, happened, undefined, { at: engine.clock.now(), epoch: epoch ?? base.epoch })
    try {
      await this.log.append(base, change, {
        lease: epoch === undefined ? 'keep' : 'release',
        opId: engine.nextId(),
        goOn: (error, failures) => error.code === 'OUTCOME_UNKNOWN' && failures < 5,
      })
      return true
    } catch (error) {
      if (isPhasegateError(error, 'JOURNAL_CONFLICT')) return false
      throw error
    }
  }

  #tellLoss(run: Run, error: PhasegateError): void {
    const { events, chart } = this.core
    const { flipId, flip, epoch } = run
    events.emit('lease.lost', () => ({ chart: chart.name, subject: this.id, flipId, flip, epoch, error }))
  }
}
