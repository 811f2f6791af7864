import { open } from '../audit/index.ts'
import { type Duration, isPhasegateError, known, type PhasegateError, parseDuration, refuse } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { digestInput, makeKey, placeInside, type Result, TIMER } from '../flip/index.ts'
import type { JournalRecord } from '../ports/index.ts'
import { type Answer, settle } from './answer.ts'
import { approve } from './approve.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import { explain } from './explain.ts'
import { parseInput } from './input.ts'
import { cancel, force, resolveStuck } from './operate.ts'
import { type FlipSettings, parseActor, parseFlipOptions, parseOrder, parseRange, parseReason } from './options.ts'
import type { Permit } from './permits.ts'
import { parseRecords, redact } from './redact.ts'
import * as refusal from './refusal.ts'
import { type Asking, Request } from './request.ts'
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

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get id(): string {
    return this.#desk.id
  }

  async flip(name: string, input?: unknown, options?: FlipOptions): Promise<Result> {
    return unwrap(await this.#ask(name, input, options, undefined))
  }

  safeFlip(name: string, input?: unknown, options?: FlipOptions): Promise<Safe<Result>> {
    return this.#ask(name, input, options, undefined)
  }

  async explain(name: string, input?: unknown, options?: FlipOptions): Promise<Explanation> {
    this.#desk.core.assertOpen()
    return explain(this.#desk, this.#spec(name), input, parseFlipOptions(options))
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
    const ask = (name: string, input?: unknown, options?: FlipOptions): Promise<Safe<Result>> =>
      this.#ask(name, input, options, phase)
    const flip = async (name: string, input?: unknown, options?: FlipOptions): Promise<Result> =>
      unwrap(await ask(name, input, options))
    return { phase, flip, safeFlip: ask } as unknown as Handle<never, Phase>
  }

  admit(phase: string): Permit {
    return this.#desk.permits.admit(phase)
  }

  permits(phase: string): number {
    return this.#desk.permits.out(phase)
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
    await approve(this.#desk, this.#spec(flip), input, order)
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
    await authorise(this.#desk, { act: 'prune', actor, reason })
    const before = this.#desk.core.engine.clock.now() - parseDuration(order.olderThan, 'olderThan')
    await this.#desk.record((head) => (head.version === 0 ? undefined : [{ kind: 'pruned', before, actor, reason }]))
  }

  /** Asks as the system, because a timer has run out. */
  async fire(flip: string): Promise<Answer> {
    const settings: FlipSettings = { ...parseFlipOptions(undefined), actor: TIMER }
    const spec = this.#spec(flip)
    const answer = await this.#fire({
      settings,
      spec,
      input: undefined,
      key: undefined,
      believed: undefined,
      isTimer: true,
    })
    if (answer.type === 'refused') this.#tellRefusal(flip, settings, answer.error)
    return answer
  }

  async #fire(asking: Asking): Promise<Answer> {
    try {
      await authorise(this.#desk, { act: 'flip', spec: asking.spec, actor: TIMER })
    } catch (error) {
      if (isPhasegateError(error)) return { type: 'refused', error }
      throw error
    }
    return new Request(this.#desk, asking).answer()
  }

  async #ask(
    name: string,
    input: unknown,
    options: FlipOptions | undefined,
    believed: string | undefined,
  ): Promise<Safe<Result>> {
    let settings: FlipSettings | undefined
    let answer: Answer
    try {
      settings = parseFlipOptions(options)
      answer = await this.#answer(this.#spec(name), input, settings, believed)
    } catch (error) {
      if (!isPhasegateError(error)) throw error
      answer = { type: 'refused', error }
    }
    const settled = settle(this.id, answer)
    if (answer.type === 'refused') this.#tellRefusal(name, settings, answer.error)
    return settled
  }

  async #answer(spec: FlipSpec, input: unknown, settings: FlipSettings, believed: string | undefined): Promise<Answer> {
    this.#desk.core.assertOpen()
    const inside = placeInside(this.#desk.log)
    if (inside !== undefined) throw refusal.reentrant(this.id, spec.name, inside)
    const leave = authorise(this.#desk, { act: 'flip', spec, actor: settings.actor })
    if (leave !== undefined) await leave
    if (settings.breakGlass !== undefined)
      await authorise(this.#desk, { act: 'breakGlass', spec, ...settings.breakGlass })
    const parsed = spec.input === undefined && input === undefined ? undefined : await parseInput(spec, input)
    const key =
      settings.key === undefined
        ? undefined
        : makeKey(settings.key, spec.name, digestInput(spec, this.#desk.core.engine.secrets, parsed))
    return this.#joinOrStart({ settings, spec, input: parsed, key, believed, isTimer: false })
  }

  /** Calls of one key in this process are one call. */
  #joinOrStart(asking: Asking): Promise<Answer> {
    const { key, spec, settings } = asking
    if (key === undefined) return new Request(this.#desk, asking).answer()
    const { calls } = this.#desk
    const earlier = calls.get(key.text)
    if (earlier !== undefined && (earlier.flip !== spec.name || earlier.key.fingerprint !== key.fingerprint)) {
      throw refusal.keyMismatch(this.id, spec.name, key.text, earlier.flip)
    }
    if (earlier !== undefined && settings.join) {
      return earlier.answer.then((answer) => (goesFurther(settings, answer) ? this.#joinOrStart(asking) : answer))
    }
    const answer = new Request(this.#desk, asking).answer()
    if (earlier !== undefined) return answer
    calls.set(key.text, { flip: spec.name, key, answer })
    return answer.finally(() => calls.delete(key.text))
  }

  #spec(name: string): FlipSpec {
    const { chart } = this.#desk.core
    const spec = chart.flips.get(name)
    if (spec === undefined) throw refusal.unknownFlip(chart.name, name, [...chart.flips.keys()])
    return spec
  }

  #tellRefusal(flip: string, settings: FlipSettings | undefined, error: PhasegateError): void {
    const { events, chart } = this.#desk.core
    events.emit('flip.refused', () => ({ chart: chart.name, subject: this.id, flip, actor: settings?.actor, error }))
  }
}

/** The earlier call may have been refused for want of the patience, or of the leave, that this one has. */
function goesFurther({ waitMs, breakGlass }: FlipSettings, answer: Answer): boolean {
  if (answer.type !== 'refused') return false
  const { error } = answer
  if (isPhasegateError(error, 'GUARD_REFUSED')) return breakGlass !== undefined && error.facts.by === 'policy'
  return waitMs > 0 && (error.code === 'FLIP_BUSY' || error.code === 'RESOURCE_BUSY')
}

function unwrap(safe: Safe<Result>): Result {
  if (safe.success) return safe.data
  throw safe.error
}
