import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type FlipOptions, type Gate, isPhasegateError, type PhasegateError } from 'phasegate'
import type { furnace } from './chart.ts'
import type { Answer, Call, Message, Orders } from './messages.ts'
import { below, pick } from './random.ts'

type Furnace = Gate<typeof furnace>
type FurnaceSubject = ReturnType<Furnace['subject']>

export interface WorkloadOptions {
  readonly gate: Furnace
  readonly orders: Orders
  readonly random: () => number
  readonly tell: (message: Message) => void
}

const CALLERS = 5
/** Many callers meet on a few subjects. */
const HOT = 5
const FLIPS = ['warm', 'heat', 'cool', 'burn', 'sell', 'reset'] as const
const WAITS = [0, 0, 300, 2_000] as const
/** For how long the same few keys of a subject are used. */
const KEYS_LAST_MS = 4_000
const KEYS_AT_ONCE = 3

type FlipName = (typeof FLIPS)[number]

/** What one process asks for: flips with and without keys, several at once, and now and then a cancel. */
export class Workload {
  readonly done: Promise<void>
  readonly #options: WorkloadOptions
  #isOver = false
  #calls = 0

  constructor(options: WorkloadOptions) {
    this.#options = options
    this.done = Promise.all(Array.from({ length: CALLERS }, () => this.#keepCalling())).then(() => undefined)
  }

  /** Begins nothing more; `done` once what was begun has been answered. */
  finish(): void {
    this.#isOver = true
  }

  async #keepCalling(): Promise<void> {
    const { random } = this.#options
    while (!this.#isOver) {
      if (random() < 0.04) await this.#cancelSomething()
      else await Promise.all(this.#someCalls().map((call) => this.#make(call)))
      await pause(40 * random())
    }
  }

  /** One, as a rule; sometimes several under one key. */
  #someCalls(): readonly Call[] {
    const { random } = this.#options
    const subject = this.#subject()
    const key = random() < 0.5 ? this.#key(subject) : undefined
    const flip = key === undefined ? pick(random, FLIPS) : flipOf(key)
    const howMany = key !== undefined && random() < 0.15 ? 3 : 1
    return Array.from({ length: howMany }, () => ({ id: this.#callId(), subject, flip, key }))
  }

  #callId(): string {
    const { worker, life } = this.#options.orders
    this.#calls += 1
    return `${worker}.${life}.${this.#calls}`
  }

  #subject(): string {
    const { random, orders } = this.#options
    return `furnace-${below(random, random() < 0.3 ? HOT : orders.subjects)}`
  }

  /** The same few for all workers, for some time: callers meet on them, also long after they were answered. */
  #key(subject: string): string {
    const { random, orders } = this.#options
    const latest = Math.floor((Date.now() - orders.begunAt) / KEYS_LAST_MS)
    const age = random() < 0.2 ? below(random, latest + 1) : 0
    return `${subject}/${latest - age}/${below(random, KEYS_AT_ONCE)}`
  }

  async #make(call: Call): Promise<void> {
    const { tell, gate, random } = this.#options
    tell({ type: 'asked' })
    const askedAt = monotonicMs()
    try {
      const answer = await this.#flip(gate.subject(call.subject), call)
      tell({ type: 'answered', acknowledged: { call, askedAt, answeredAt: monotonicMs(), answer } })
      if (answer.type === 'refused' && answer.code === 'JOURNAL_FAILED') await pause(300 * random())
      const isStuck = answer.type === 'stuck' || (answer.type === 'refused' && answer.flipId !== undefined)
      if (isStuck && random() < 0.3) await this.#resolve(call.subject)
    } catch (error) {
      tell({ type: 'unforeseen', what: `call ${JSON.stringify(call)}: ${String(error)}` })
    }
  }

  async #flip(subject: FurnaceSubject, { id, flip, key }: Call): Promise<Answer> {
    const { random } = this.#options
    const options: FlipOptions = { trace: id, key, wait: pick(random, WAITS), join: random() < 0.8 }
    const isOther = key !== undefined && random() < 0.02
    const { success, data, error } = await this.#ask(subject, flip as FlipName, isOther ? 'other' : 'same', options)
    return success ? { type: 'committed', ...data } : answerOf(error)
  }

  #ask(subject: FurnaceSubject, flip: FlipName, note: string, options: FlipOptions) {
    if (flip === 'reset') return subject.safeFlip('reset', undefined, options)
    return subject.safeFlip(flip, { note }, options)
  }

  async #cancelSomething(): Promise<void> {
    const subject = this.#options.gate.subject(this.#subject())
    await this.#note('cancel', async () => {
      const { flip } = await subject.state()
      if (flip === undefined) return 'nothing to cancel'
      await subject.cancel(flip.id, { reason: 'somebody has thought better of it' })
      return 'cancelled'
    })
  }

  async #resolve(id: string): Promise<void> {
    const subject = this.#options.gate.subject(id)
    await this.#note('resolve', async () => {
      const { flip } = await subject.state()
      if (flip?.course.type !== 'stuck') return 'not stuck'
      const { outcome } = await subject.resolve(flip.id, 'retry', { actor: { id: 'operator' }, reason: 'once more' })
      return `resolved: ${outcome}`
    })
  }

  async #note(what: string, work: () => Promise<string>): Promise<void> {
    const { tell } = this.#options
    try {
      tell({ type: 'noted', what: await work() })
    } catch (error) {
      if (isPhasegateError(error)) tell({ type: 'noted', what: `${what}: ${error.code}` })
      else tell({ type: 'unforeseen', what: `${what}: ${String(error)}` })
    }
  }
}

/** A key is always for the same flip. */
function flipOf(key: string): FlipName {
  const [byte = 0] = createHash('sha256').update(key).digest()
  return FLIPS[byte % FLIPS.length] ?? 'warm'
}

function answerOf(error: PhasegateError): Answer {
  if (isPhasegateError(error, 'FLIP_ROLLED_BACK')) {
    const { flipId, from, failure, replayed } = error.facts
    return { type: 'rolledBack', flipId, from, failure: failure.code, message: failure.message, replayed }
  }
  if (isPhasegateError(error, 'FLIP_STUCK')) return { type: 'stuck', flipId: error.facts.flipId }
  const flipId = isPhasegateError(error, 'FLIP_BUSY') ? error.facts.flipId : undefined
  return { type: 'refused', code: error.code, flipId }
}

/** Of the machine, not of the process. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}
