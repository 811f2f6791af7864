import { type Duration, duration, known, PhasegateError, refuse, type Stop, sleep } from '../base/index.ts'
import type { AnyChart } from '../chart/index.ts'
import { Deadlines, type Engine, Heart, type Run } from '../flip/index.ts'
import type { Clock } from '../ports/index.ts'
import { Events, type GateEvent, type GateEvents, SafeWatch } from '../telemetry/index.ts'
import { reserves } from './access.ts'
import { Denials } from './denials.ts'
import { type Core, Desk } from './desk.ts'
import { Desks } from './desks.ts'
import type { GateArguments, TypedChart } from './gate-options.ts'
import { type GateSettings, parseGateOptions, parseLimit, parseSubjectId } from './options.ts'
import { recover, repeat, stranded } from './recovery.ts'
import { GateSubject } from './subject.ts'
import type { Gate, Recovery, Stranded } from './types.ts'
import { watched } from './watched.ts'

/**
 * Makes the runtime that enforces `chart` on its subjects.
 * @throws OPTION_INVALID naming the option
 * @example
 * const gate = createGate(upgrade, { deps, journal: fileJournal('./state') })
 * await gate.subject('db-7').flip('drain', { reason: 'kernel patch' })
 */
export function createGate<const C extends TypedChart>(chart: C, ...[options]: GateArguments<C>): Gate<C> {
  if (!(chart?.flips instanceof Map)) refuse('chart', chart, 'what chart(…)….build() returns')
  // The class knows charts, not their types: they are the interface's.
  return new LiveGate(chart, parseGateOptions(options, chart)) as unknown as Gate<C>
}

type State =
  | { readonly type: 'open' }
  | { readonly type: 'closed'; readonly done: Promise<{ readonly left: readonly string[] }> }

/** A run that is told to leave ends at once, unless its journal does not answer. */
const LEAVING_MS = 1_000

class LiveGate {
  readonly chart: AnyChart
  readonly #settings: GateSettings
  readonly #core: Core
  readonly #desks: Desks
  #state: State = { type: 'open' }
  #stopPolling: Stop | undefined

  constructor(chart: AnyChart, settings: GateSettings) {
    this.chart = chart
    this.#settings = settings
    const events = new Events(chart.name)
    const engine = createEngine(chart, settings, events)
    const { lock, clock, telemetry, authorize, authorizeMs } = settings
    const watch = telemetry && new SafeWatch(telemetry, watched(engine, events))
    const access = { authorize, timeoutMs: authorizeMs, reserves: reserves(chart) }
    const denials = new Denials(clock, (error, during) => events.failed(error, during))
    this.#core = { chart, engine, lock, events, watch, access, denials, assertOpen: () => this.#assertOpen() }
    this.#desks = new Desks((id) => new Desk(this.#core, id))
  }

  get owner(): string {
    return this.#settings.owner
  }

  subject(id: string): GateSubject {
    return new GateSubject(this.#desks.get(parseSubjectId(id)))
  }

  on<Event extends GateEvent>(event: Event, listener: (payload: GateEvents[Event]) => unknown): Stop {
    return this.#core.events.on(event, listener)
  }

  async recover(options?: { readonly limit?: number | undefined }): Promise<Recovery> {
    this.#assertOpen()
    const given = known(options, 'recover options', ['limit'])
    return this.#recover(parseLimit(given.limit))
  }

  start(): void {
    this.#assertOpen()
    const { clock, pollMs, random } = this.#settings
    this.#stopPolling ??= repeat(clock, { everyMs: pollMs, random }, () => this.#recoverInBackground())
  }

  async stranded(): Promise<readonly Stranded[]> {
    this.#assertOpen()
    return stranded(this.#core)
  }

  async close(options?: { readonly within?: Duration | undefined }): Promise<{ readonly left: readonly string[] }> {
    const given = known(options, 'close options', ['within'])
    const withinMs = duration(given.within, 'within', '10s')
    if (this.#state.type === 'open') this.#state = { type: 'closed', done: this.#windDown(withinMs) }
    return this.#state.done
  }

  async #windDown(withinMs: number): Promise<{ readonly left: readonly string[] }> {
    this.#stopPolling?.()
    const { clock, journal, ownsJournal } = this.#settings
    await endedWithin(clock, this.#runs(), withinMs)
    const left = this.#runs()
    for (const run of left) run.interrupt({ type: 'leave', error: () => this.#closed() })
    await endedWithin(clock, left, LEAVING_MS)
    await settledWithin(clock, this.#core.denials.close(), LEAVING_MS)
    this.#core.watch?.stop()
    if (ownsJournal) await journal.close()
    return { left: left.map((run) => run.flipId) }
  }

  async #recoverInBackground(): Promise<void> {
    if (this.#state.type !== 'open') return
    try {
      const { skipped } = await this.#recover(parseLimit(undefined))
      for (const { error } of skipped) this.#core.events.failed(error, 'recovery')
    } catch (error) {
      this.#core.events.failed(error, 'recovery')
    }
  }

  /** The flips that this gate owns now. */
  #runs(): readonly Run[] {
    return [...this.#desks].flatMap(({ run }) => (run === undefined ? [] : [run]))
  }

  #recover(limit: number): Promise<Recovery> {
    return recover(
      { core: this.#core, isOpen: () => this.#state.type === 'open', desk: (id) => this.#desks.get(id) },
      limit,
    )
  }

  #assertOpen(): void {
    if (this.#state.type === 'closed') throw this.#closed()
  }

  #closed(): PhasegateError<'GATE_CLOSED'> {
    return new PhasegateError('GATE_CLOSED', `the gate of chart "${this.chart.name}" is closed`, {
      chart: this.chart.name,
    })
  }
}

/** Waits until the runs have ended, but no longer than `ms`. */
async function endedWithin(clock: Clock, runs: readonly Run[], ms: number): Promise<void> {
  if (runs.length > 0) await settledWithin(clock, Promise.all(runs.map((run) => run.ended)), ms)
}

async function settledWithin(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  const patience = new AbortController()
  const done = work.then(() => patience.abort())
  await Promise.race([done, sleep(clock, ms, { signal: patience.signal }).catch(() => undefined)])
}

function createEngine(chart: AnyChart, settings: GateSettings, events: Events): Engine {
  const { deps, journal, secrets, clock, random, owner, leaseTtlMs } = settings
  const start = owner.slice(owner.lastIndexOf(':') + 1)
  let ids = 0
  return {
    chart,
    deps,
    journal,
    secrets,
    clock,
    random,
    owner,
    leaseTtlMs,
    heart: new Heart(clock, leaseTtlMs),
    deadlines: new Deadlines(clock),
    nextId: () => `${start}-${(ids++).toString(36)}`,
    recorded: (subject, record, change) => events.recorded(subject, record, change),
  }
}
