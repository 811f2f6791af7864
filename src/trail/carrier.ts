import { formatMs, PhasegateError, unreachable } from '../base/index.ts'
import { backoffMs } from '../flip/index.ts'
import type { Clock, Feed } from '../ports/index.ts'
import {
  type Action,
  afterFailure,
  afterFetch,
  afterMove,
  afterRead,
  afterWrite,
  type Carriage,
  type Fetched,
  forgotten,
  fresh,
  type Kept,
  type Learned,
  next,
} from './carry.ts'
import type { Events, TrailEvents } from './events.ts'
import { causeOf } from './trouble.ts'
import { within } from './within.ts'
import type { Turn, Work } from './work.ts'

const BACKOFF = { baseMs: 500, capMs: 60_000 }

/** What all sinks of a trail have in common. */
export interface Shared {
  readonly trail: string
  readonly journal: Feed
  readonly events: Events
  readonly clock: Clock
  readonly random: () => number
  readonly pollMs: number
  readonly timeoutMs: number
}

/** What is carried to a sink: where it comes from, and what the bookmark says of it. */
export interface Cargo<K extends Kept, Load> {
  readonly sink: string
  /** @throws JOURNAL_UNFIT for a text that says nothing */
  parse(name: string, text: string | undefined): K
  fetch(kept: K): Promise<Fetched<K, Load>>
  write(load: Load): Promise<void>
  /** What the bookmark is to say once the sink has the load, at wall time `now`. */
  after(kept: K, load: Load, now: number): K
  /** Records that are known to wait while this is held. */
  behind(load: Load): number
  delivered(load: Load): void
}

type Part = TrailEvents['failed']['part']
type Failed = Extract<Turn, { type: 'failed' }>

/** Carries loads to one sink: does what `next` says, and learns from the answers. */
export class Carrier<K extends Kept, Load> implements Work {
  readonly #cargo: Cargo<K, Load>
  readonly #shared: Shared
  #carriage: Carriage<K, Load> = fresh()
  /** How long to wait when there is nothing. */
  #restMs = 0

  constructor(cargo: Cargo<K, Load>, shared: Shared) {
    this.#cargo = cargo
    this.#shared = shared
  }

  get carriage(): Carriage<K, Load> {
    return this.#carriage
  }

  async turn(): Promise<Turn> {
    const action = next(this.#carriage.place)
    try {
      return await this.#learn(await this.#do(action), action)
    } catch (error) {
      return this.#fail(action.type === 'write' ? 'sink' : 'journal', error)
    }
  }

  lockFailed(error: unknown): Failed {
    return this.#fail('lock', error)
  }

  forget(): void {
    this.#carriage = forgotten(this.#carriage)
  }

  async #do(action: Action<K, Load>): Promise<Learned<K, Load>> {
    const { journal, clock, trail } = this.#shared
    const name = `${trail}/${this.#cargo.sink}`
    switch (action.type) {
      case 'read':
        return afterRead(this.#carriage, this.#cargo.parse(name, await journal.bookmark(name)))
      case 'fetch': {
        const found = await this.#cargo.fetch(action.kept)
        if (found.type === 'nothing') this.#restMs = found.waitMs
        return afterFetch(this.#carriage, found, clock.now())
      }
      case 'write':
        await this.#write(action.load)
        return afterWrite(this.#carriage, this.#cargo.after(action.kept, action.load, clock.now()))
      case 'move':
        return afterMove(this.#carriage, await journal.moveBookmark(name, action.from, action.to))
      default:
        return unreachable(action)
    }
  }

  /** A sink that does not answer is as good as one that refuses: it is given the same again. */
  async #write(load: Load): Promise<void> {
    const { clock, timeoutMs } = this.#shared
    const { sink } = this.#cargo
    const write = async (): Promise<void> => this.#cargo.write(load)
    await within(clock, { ms: timeoutMs, background: true }, write(), () => {
      const cause = `no answer within ${formatMs(timeoutMs)}`
      throw new PhasegateError('SINK_FAILED', `sink "${sink}": ${cause}`, { sink, cause })
    })
  }

  async #learn({ carriage, news }: Learned<K, Load>, { type }: Action<K, Load>): Promise<Turn> {
    const { trouble } = this.#carriage
    this.#carriage = carriage
    const { sink } = this.#cargo
    const { events } = this.#shared
    if (trouble !== undefined && carriage.trouble === undefined) {
      events.tell('recovered', { sink, since: trouble.since, tries: trouble.tries })
    }
    if (news?.type === 'overtaken') events.tell('overtaken', { sink })
    if (news?.type === 'delivered') {
      this.#cargo.delivered(news.load)
      // A long backlog that needs no I/O leaves others their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (type !== 'fetch' || carriage.place.type !== 'ready') return { type: 'again' }
    return { type: 'level', waitMs: this.#restMs, withheld: carriage.place.withheldAt !== undefined }
  }

  #fail(part: Part, error: unknown): Failed {
    const { clock, random, events } = this.#shared
    const cause = causeOf(error)
    const carriage = afterFailure(this.#carriage, cause, clock.now())
    this.#carriage = carriage
    const { since, tries } = carriage.trouble
    const retryMs = backoffMs(tries, BACKOFF, random)
    const behind = 'load' in carriage.place ? this.#cargo.behind(carriage.place.load) : 0
    events.tell('failed', { sink: this.#cargo.sink, part, error, cause, since, tries, behind, retryMs })
    return { type: 'failed', waitMs: retryMs, cause }
  }
}
