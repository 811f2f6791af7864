import { open } from '../audit/index.ts'
import { type Duration, known, parseDuration, refuse } from '../base/index.ts'
import type { Result } from '../flip/index.ts'
import type { JournalRecord } from '../ports/index.ts'
import { unwrap } from './answer.ts'
import { approve } from './approve.ts'
import { ask, specOf } from './ask.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import { explain } from './explain.ts'
import { cancel, force, resolveStuck } from './operate.ts'
import { parseActor, parseFlipOptions, parseOrder, parseRange, parseReason } from './options.ts'
import type { Permit, Permits } from './permits.ts'
import { parseRecords, redact } from './redact.ts'
import * as refusal from './refusal.ts'
import type {
  Explanation,
  FlipOptions,
  FlipOutcome,
  Handle,
  Order,
  RecordRange,
  Safe,
  Subject,
  SubjectState,
} from './types.ts'

/** A subject with its types erased: what `gate.subject(…)` is behind its interface. */
export class GateSubject implements Subject {
  readonly #desk: Desk
  /** At hand, since they are asked once a request. */
  readonly #permits: Permits

  constructor(desk: Desk) {
    this.#desk = desk
    this.#permits = desk.permits
  }

  get id(): string {
    return this.#desk.id
  }

  get chart(): string {
    return this.#desk.core.chart.name
  }

  get lastSeen(): string | undefined {
    return this.#desk.log.phase
  }

  async flip(name: string, input?: unknown, options?: FlipOptions): Promise<Result> {
    return unwrap(await ask(this.#desk, { name, input, options, believed: undefined }))
  }

  safeFlip(name: string, input?: unknown, options?: FlipOptions): Promise<Safe<Result>> {
    return ask(this.#desk, { name, input, options, believed: undefined })
  }

  async explain(name: string, input?: unknown, options?: FlipOptions): Promise<Explanation> {
    this.#desk.core.assertOpen()
    return explain(this.#desk, specOf(this.#desk, name), input, parseFlipOptions(options))
  }

  async phase(): Promise<string> {
    return (await this.state()).phase
  }

  async state(): Promise<SubjectState> {
    this.#desk.core.assertOpen()
    const { phase, since, version, epoch, timers, flip } = await this.#desk.head()
    return { phase, since, version, epoch, timers, flip }
  }

  async at<Phase extends string>(phase: Phase): Promise<Handle<never, Phase>> {
    const found = await this.phase()
    if (found !== phase) throw refusal.elsewhere(this.id, phase, found)
    const safeFlip = (name: string, input?: unknown, options?: FlipOptions): Promise<Safe<Result>> =>
      ask(this.#desk, { name, input, options, believed: phase })
    const flip = async (name: string, input?: unknown, options?: FlipOptions): Promise<Result> =>
      unwrap(await safeFlip(name, input, options))
    return { phase, flip, safeFlip } as unknown as Handle<never, Phase>
  }

  admit(phase: string): Permit {
    return this.#permits.admit(phase)
  }

  permits(phase: string): number {
    return this.#permits.out(phase)
  }

  async *history(range?: { readonly from?: number; readonly to?: number }): AsyncIterable<JournalRecord> {
    this.#desk.core.assertOpen()
    for await (const sealed of this.#desk.core.engine.journal.history(this.#desk.log.ref, parseRange(range)))
      yield open(sealed)
  }

  async cancel(
    flipId: string,
    options: { readonly reason: string; readonly actor?: Order['actor'] | undefined },
  ): Promise<void> {
    this.#desk.core.assertOpen()
    const given = known(options, 'cancel options', ['reason', 'actor'])
    const actor = given.actor === undefined ? undefined : parseActor(given.actor)
    await cancel(this.#desk, flipId, parseReason(given.reason), actor)
  }

  async resolve(
    flipId: string,
    how: 'retry' | 'skip' | 'force',
    order: Order & { readonly phase?: string | undefined },
  ): Promise<FlipOutcome> {
    this.#desk.core.assertOpen()
    if (how !== 'retry' && how !== 'skip' && how !== 'force') refuse('how', how, "'retry', 'skip' or 'force'")
    const { actor, reason } = parseOrder(order, ['phase'])
    return resolveStuck(this.#desk, flipId, { how, actor, reason, phase: order.phase })
  }

  async approve(flip: string, input: unknown, order: Order): Promise<void> {
    this.#desk.core.assertOpen()
    await approve(this.#desk, specOf(this.#desk, flip), input, order)
  }

  async force(phase: string, order: Order): Promise<void> {
    this.#desk.core.assertOpen()
    await force(this.#desk, phase, parseOrder(order))
  }

  async redact(records: number | RecordRange, order: Order): Promise<void> {
    this.#desk.core.assertOpen()
    await redact(this.#desk, parseRecords(records), parseOrder(order))
  }

  async prune(order: Order & { readonly olderThan: Duration }): Promise<void> {
    this.#desk.core.assertOpen()
    const { actor, reason } = parseOrder(order, ['olderThan'])
    const before = this.#desk.core.engine.clock.now() - parseDuration(order.olderThan, 'olderThan')
    await authorise(this.#desk, { act: 'prune', actor, reason })
    await this.#desk.record((head) => (head.version === 0 ? undefined : [{ kind: 'pruned', before, actor, reason }]))
  }
}
