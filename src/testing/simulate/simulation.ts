import {
  type Duration,
  flag,
  isPhasegateError,
  known,
  messageOf,
  parseDuration,
  positiveInteger,
  refuse,
} from '../../base/index.ts'
import type { AnyChart, DepsOf } from '../../chart/index.ts'
import { origin } from '../../flip/index.ts'
import type { FlipOptions, Gate, Recovery, Safe, Subject, SubjectState, TypedChart } from '../../gate/index.ts'
import type { Journal, JournalRecord } from '../../ports/index.ts'
import type { VirtualClock } from '../time/index.ts'
import { dueIn } from './due.ts'
import type { Fault } from './faults.ts'
import type { Ledger } from './ledger.ts'
import { parseSimulateOptions, type SimulateArguments, type SimulateSettings } from './options.ts'
import { Stage } from './stage.ts'
import type { Story } from './story.ts'
import type { FailOptions, FaultOptions, Simulation } from './types.ts'
import type { Host, World } from './world.ts'

/**
 * A chart in a simulated process: guards, steps and time are the test's.
 * @throws OPTION_INVALID naming the option
 * @example
 * const sim = simulate(upgrade, { deps: { lb: fakeBalancer() } })
 * sim.crashAfter('cordon')
 * await sim.safeFlip('drain', { reason: 'kernel patch' })
 * await sim.recover()
 * expect(await sim.phase()).toBe('draining')
 */
export function simulate<const C extends TypedChart, Fakes extends DepsOf<C> = DepsOf<C>>(
  chart: C,
  ...[options]: SimulateArguments<C, Fakes>
): Simulation<C, Fakes> {
  if (!(chart?.flips instanceof Map)) refuse('chart', chart, 'what chart(…)….build() returns')
  return simulationIn(new Stage(chart, parseSimulateOptions(options))) as unknown as Simulation<C, Fakes>
}

/** A simulation on a stage that is there already. */
export function simulationIn(stage: Stage): Simulation {
  return new LiveSimulation(stage) as unknown as Simulation
}

/** How often flips in progress are looked at: it may have lost its owner. */
const POLL_MS = 5_000

type Result = Awaited<ReturnType<Subject['flip']>>

class LiveSimulation {
  readonly chart: AnyChart
  readonly #settings: SimulateSettings
  readonly #world: World
  readonly #story: Story
  #host: Host

  constructor({ chart, settings, world, story }: Stage) {
    this.chart = chart
    this.#settings = settings
    this.#world = world
    this.#story = story
    this.#host = world.start()
  }

  get id(): string {
    return this.#settings.subject
  }

  get clock(): VirtualClock {
    return this.#world.clock
  }

  get ledger(): Ledger {
    return this.#world.ledger
  }

  get deps(): unknown {
    return this.#world.deps
  }

  get journal(): Journal {
    return this.#world.store.journal
  }

  get gate(): Gate<TypedChart> {
    return this.#living().gate
  }

  get subject(): Subject {
    return this.#living().subject
  }

  flip(name: string, input?: unknown, options?: FlipOptions): Promise<Result> {
    const ask = `flip "${name}"`
    return this.#ask(ask, (subject) => subject.flip(name, input, this.#asked(options)))
  }

  async safeFlip(name: string, input?: unknown, options?: FlipOptions): Promise<Safe<Result>> {
    try {
      return { success: true, data: await this.flip(name, input, options) }
    } catch (error) {
      if (!isPhasegateError(error)) throw error
      return { success: false, error }
    }
  }

  explain(name: string, input?: unknown, options?: FlipOptions): ReturnType<Subject['explain']> {
    const ask = `explain "${name}"`
    return this.#ask(ask, (subject) => subject.explain(name, input, this.#asked(options)))
  }

  async phase(): Promise<string> {
    return (await this.state()).phase
  }

  async state(): Promise<SubjectState> {
    const { phase, since, version, epoch, timers, flip } =
      (await this.#world.head()) ?? origin(this.chart, this.chart.initial)
    return { phase, since, version, epoch, timers, flip }
  }

  history(): Promise<readonly JournalRecord[]> {
    return this.#world.history()
  }

  async advance(time: Duration): Promise<void> {
    const { clock, pacer } = this.#world
    const until = clock.monotonic() + parseDuration(time, 'time')
    for (;;) {
      const lookMs = await this.#look()
      const leftMs = until - clock.monotonic()
      await pacer.advance(Math.min(leftMs, lookMs))
      if (leftMs <= 0) return
    }
  }

  fail(part: string, error: unknown = new Error('it was made to fail'), options?: FailOptions): void {
    const given = known(options, 'fail options', ['late', 'times'])
    const thrown = typeof error === 'string' ? new Error(error) : error
    this.#plan(part, { type: 'fail', error: thrown, late: flag(given.late, 'late') }, timesOf(given.times, MANY))
  }

  hang(part: string, options?: FaultOptions): void {
    this.#plan(part, { type: 'hang' }, timesIn(options, MANY))
  }

  slow(part: string, time: Duration, options?: FaultOptions): void {
    this.#plan(part, { type: 'slow', ms: parseDuration(time, 'time') }, timesIn(options, MANY))
  }

  crashBefore(part: string, options?: FaultOptions): void {
    this.#plan(part, { type: 'crash', when: 'before' }, timesIn(options, 1))
  }

  crashAfter(part: string, options?: FaultOptions): void {
    this.#plan(part, { type: 'crash', when: 'after' }, timesIn(options, 1))
  }

  heal(part?: string): void {
    if (part === undefined) this.#world.faults.healAll()
    else this.#world.faults.heal(this.#find(part))
  }

  crash(): void {
    this.#host.process.kill()
  }

  restart(): void {
    if (!this.#host.process.isDead) this.crash()
    this.#host = this.#world.start()
    this.#story.tell(this.#host.process.name, 'starts')
  }

  async recover(): Promise<Recovery> {
    if (this.#host.process.isDead) this.restart()
    await this.#world.outliveLeases()
    return this.#ask('recover', () => this.#host.gate.recover())
  }

  transcript(): string {
    return this.#story.text
  }

  async #ask<Answer>(what: string, ask: (subject: Subject) => Promise<Answer>): Promise<Answer> {
    const { process, subject } = this.#living()
    this.#story.tell('test', what)
    try {
      const died = process.death.then((): never => {
        throw process.crashed()
      })
      const answer = await this.#world.pacer.until(Promise.race([ask(subject), died]), what)
      this.#story.tell('test', `${what}: ${outcomeOf(answer)}`)
      return answer
    } catch (error) {
      this.#story.tell('test', `${what}: ${messageOf(error)}`)
      throw error
    }
  }

  /** Who asks where nobody is named. */
  #asked(options: FlipOptions | undefined): FlipOptions | undefined {
    const { actor } = this.#settings
    return actor === undefined || options?.actor !== undefined ? options : { ...options, actor }
  }

  /** Goes on with what has fallen due, and says in how many ms to look again. What it begins goes on by itself. */
  async #look(): Promise<number> {
    const { process, gate } = this.#host
    const head = await this.#world.head()
    if (process.isDead || head === undefined) return Number.POSITIVE_INFINITY
    const dueMs = dueIn(head, this.#world.clock.now())
    if (dueMs > 0) return dueMs
    gate.recover().catch((error: unknown) => this.#story.tell(process.name, messageOf(error)))
    return POLL_MS
  }

  #plan(part: string, fault: Fault, times: number): void {
    this.#world.faults.plan(this.#find(part), fault, times)
  }

  #find(part: string): ReturnType<World['parts']['find']> {
    return this.#world.parts.find(part, 'part', ['guard', 'step', 'confirm', 'undo'])
  }

  #living(): Host {
    if (this.#host.process.isDead) throw this.#host.process.crashed()
    return this.#host
  }
}

const MANY = Number.POSITIVE_INFINITY

function timesIn(options: FaultOptions | undefined, fallback: number): number {
  return timesOf(known(options, 'fault options', ['times']).times, fallback)
}

function timesOf(value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  return value === MANY ? MANY : positiveInteger(value, 'times')
}

function outcomeOf(answer: unknown): string {
  const { to, verdict } = answer as { readonly to?: string; readonly verdict?: string }
  return verdict ?? to ?? 'done'
}
