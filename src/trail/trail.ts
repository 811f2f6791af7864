import { type Duration, duration, known, PhasegateError, type Stop } from '../base/index.ts'
import type { Clock, Feed } from '../ports/index.ts'
import type { TrailLag, WatchedTrail } from '../telemetry/index.ts'
import { Carrier, type Shared } from './carrier.ts'
import { CheckpointsCargo, type CheckpointsCarrier } from './checkpoints.ts'
import { Events, type TrailEvent, type TrailEvents } from './events.ts'
import { type AuditTrailOptions, parseOptions, type Settings } from './options.ts'
import { gotBy, RecordsCargo, type RecordsCarrier } from './records.ts'
import { Runner } from './runner.ts'
import { within } from './within.ts'
import type { Work } from './work.ts'

/** How long something may take. */
export interface WithinOptions {
  readonly within?: Duration | undefined
}

/** Brings all that a journal records to its sinks, each at least once, those of one subject in order. */
export interface Trail extends WatchedTrail {
  /** Delivers from now on, until `close`. Called again it changes nothing. @throws TRAIL_CLOSED */
  start(): void
  /**
   * Delivers what there is now, and makes a checkpoint if one is due; `within` is `'1m'` by default. Needs no `start`.
   * Sinks that work have everything also when it rejects. @throws TRAIL_BEHIND, naming those that do not; TRAIL_CLOSED
   */
  drain(options?: WithinOptions): Promise<void>
  /** How each sink is doing, as far as this process knows. It asks nobody. */
  lag(): readonly TrailLag[]
  /** Listens until the stop that it returns is called. @throws OPTION_INVALID for an event that there is not */
  on<Event extends TrailEvent>(event: Event, listener: (payload: TrailEvents[Event]) => unknown): Stop
  /**
   * Delivers what there is, makes a last checkpoint, and lets go of everything; `within` is `'10s'` by default. What a
   * sink has not taken by then is delivered after the next start. Never rejects for a sink. Closes no sink.
   */
  close(options?: WithinOptions): Promise<void>
}

/**
 * The copies of a journal's records: an outbox, whose cursors are kept in the journal itself. Nothing happens before
 * `start` or `drain`.
 *
 * @example
 * const trail = auditTrail(journal, { name: 'main', sinks: { files: fileSink('./audit') } })
 * trail.start()
 * @throws OPTION_INVALID
 */
export function auditTrail(journal: Feed, options: AuditTrailOptions): Trail {
  return new Outbox(journal, parseOptions(journal, options))
}

/** One sink, and what serves it. */
interface Part {
  readonly sink: string
  readonly runner: Runner
}

interface RecordsPart extends Part {
  readonly cargo: RecordsCargo
  readonly carrier: RecordsCarrier
}

interface CheckpointsPart extends Part {
  readonly cargo: CheckpointsCargo
  readonly carrier: CheckpointsCarrier
}

type State =
  | { readonly type: 'unused' }
  | { readonly type: 'used' }
  | { readonly type: 'closed'; readonly done: Promise<void> }

/** How long the sinks may take to get what a checkpoint vouches for. */
const LEVEL_MS = 10_000
/** How long a lease may take to be given back, once nobody waits for the sink any longer. */
const GRACE_MS = 1_000

class Outbox implements Trail {
  readonly #settings: Settings
  readonly #shared: Shared
  readonly #records: readonly RecordsPart[]
  readonly #checkpoints: CheckpointsPart | undefined
  #state: State = { type: 'unused' }

  constructor(journal: Feed, settings: Settings) {
    const { name: trail, clock, random, pollMs, timeoutMs } = settings
    this.#settings = settings
    this.#shared = { trail, journal, events: new Events(trail), clock, random, pollMs, timeoutMs }
    this.#records = settings.sinks.map((sink) => this.#recordsPart(sink))
    this.#checkpoints = settings.checkpoints && this.#checkpointsPart(settings.checkpoints)
  }

  start(): void {
    this.#use()
    for (const { runner } of this.#parts) runner.start()
  }

  async drain(options?: WithinOptions): Promise<void> {
    const withinMs = parseWithin(options, '1m')
    this.#use()
    const answers = this.#parts.map(async ({ sink, runner }) => {
      const cause = await runner.drain(withinMs).catch((reason: string) => reason)
      return cause === undefined ? [] : [{ sink, cause }]
    })
    const sinks = (await Promise.all(answers)).flat()
    if (sinks.length === 0) return
    const trail = this.#settings.name
    const told = sinks.map(({ sink, cause }) => `${sink} (${cause})`).join(', ')
    throw new PhasegateError('TRAIL_BEHIND', `audit trail "${trail}" is behind at ${told}`, { trail, sinks })
  }

  lag(): readonly TrailLag[] {
    const now = this.#settings.clock.now()
    const foremost = Math.max(0, ...this.#records.map(({ carrier }) => gotBy(carrier)))
    const records = this.#records.map(({ cargo, carrier, runner }) =>
      cargo.lag(carrier, runner.role, { now, foremost }),
    )
    const notes = this.#checkpoints
    return notes === undefined ? records : [...records, notes.cargo.lag(notes.carrier, notes.runner.role, now)]
  }

  on<Event extends TrailEvent>(event: Event, listener: (payload: TrailEvents[Event]) => unknown): Stop {
    return this.#shared.events.on(event, listener)
  }

  close(options?: WithinOptions): Promise<void> {
    const withinMs = parseWithin(options, '10s')
    if (this.#state.type !== 'closed') {
      const wasUsed = this.#state.type === 'used'
      this.#state = { type: 'closed', done: this.#close(withinMs, wasUsed) }
    }
    return this.#state.done
  }

  get #parts(): readonly Part[] {
    return this.#checkpoints === undefined ? this.#records : [...this.#records, this.#checkpoints]
  }

  #use(): void {
    const trail = this.#settings.name
    if (this.#state.type === 'closed')
      throw new PhasegateError('TRAIL_CLOSED', `audit trail "${trail}" was closed`, { trail })
    this.#state = { type: 'used' }
  }

  async #close(withinMs: number, wasUsed: boolean): Promise<void> {
    const { clock } = this.#settings
    const untilMs = clock.monotonic() + withinMs
    const leftMs = (): number => Math.max(0, untilMs - clock.monotonic())
    if (wasUsed && withinMs > 0) {
      // Not all of it: one sink that hangs is no reason to go without the last checkpoint.
      await this.#level(withinMs / 2)
      this.#checkpoints?.cargo.force()
      await this.#checkpoints?.runner.drain(leftMs()).catch(() => undefined)
    }
    const stopped = Promise.all(this.#parts.map(({ runner }) => runner.stop())).then(() => undefined)
    await within(clock, { ms: leftMs(), background: false }, stopped, () => this.#abandon(clock, stopped))
  }

  #abandon(clock: Clock, stopped: Promise<void>): Promise<void> {
    for (const { runner } of this.#parts) runner.abandon()
    return within(clock, { ms: GRACE_MS, background: false }, stopped, () => undefined)
  }

  /** Lets the sinks that work have what there is. */
  async #level(withinMs: number): Promise<void> {
    await Promise.allSettled(this.#records.map(({ runner }) => runner.drain(withinMs)))
  }

  #recordsPart(of: Settings['sinks'][number]): RecordsPart {
    const cargo = new RecordsCargo(of, this.#shared, this.#settings.batch, () => this.#progressed())
    const carrier = new Carrier(cargo, this.#shared)
    return { sink: of.sink, cargo, carrier, runner: this.#runner(carrier, of.sink) }
  }

  #checkpointsPart(given: NonNullable<Settings['checkpoints']>): CheckpointsPart {
    const progress = (): number => Math.max(0, ...this.#records.map(({ cargo }) => cargo.count))
    const cargo = new CheckpointsCargo({ ...given, progress, level: () => this.#level(LEVEL_MS) }, this.#shared)
    const carrier = new Carrier(cargo, this.#shared)
    return { sink: cargo.sink, cargo, carrier, runner: this.#runner(carrier, cargo.sink) }
  }

  #runner(work: Work, sink: string): Runner {
    const { name, lock, leaseTtlMs, pollMs, clock, random } = this.#settings
    return new Runner(work, { lock, resource: `audit ${name}/${sink}`, leaseTtlMs, pollMs, clock, random })
  }

  #progressed(): void {
    if (this.#checkpoints?.cargo.isDueByCount) this.#checkpoints.runner.hurry()
  }
}

function parseWithin(options: unknown, fallback: Duration): number {
  return duration(known(options, 'options', ['within']).within, 'within', fallback)
}
