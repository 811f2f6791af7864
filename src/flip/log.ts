import { isPhasegateError, messageOf, PhasegateError, sleep } from '../base/index.ts'
import type { Append, Head, Settled, SubjectRef } from '../ports/index.ts'
import { backoffMs } from './backoff.ts'
import type { Engine } from './engine.ts'
import { origin } from './evolve.ts'
import type { Change } from './protocol.ts'

const ASK_AGAIN = { baseMs: 50, capMs: 2_000 }

/** Whether to ask again after the store failed, or did not answer. It may throw what the caller shall see instead. */
type GoOn = (error: PhasegateError, failures: number) => boolean

/** How an append goes about it. */
export interface AppendOptions {
  readonly lease: Append['lease']
  readonly opId: string
  readonly claim?: Append['claim']
  readonly goOn: GoOn
}

/** The journal of one subject, with the head as this process last read or wrote it. */
export class SubjectLog {
  readonly ref: SubjectRef
  readonly #engine: Engine
  #head: Head | undefined
  #isSuspect = false
  #phase: string | undefined

  constructor(engine: Engine, id: string) {
    this.#engine = engine
    this.ref = { chart: engine.chart.name, id }
  }

  /** The head as last seen: good to act on, since an append checks it; not good to refuse on. Undefined after a failure. */
  get known(): Head | undefined {
    return this.#isSuspect ? undefined : this.#head
  }

  /** The phase as last seen, whatever happened since; undefined when another version of the chart has written it. */
  get phase(): string | undefined {
    return this.#phase
  }

  /** The head as the journal has it now. @throws JOURNAL_FAILED, or what the journal threw */
  async read(goOn: GoOn = () => false): Promise<Head> {
    const { chart, journal } = this.#engine
    for (let failures = 1; ; failures++) {
      try {
        const head = (await journal.read(this.ref)) ?? origin(chart, chart.initial)
        // While this was under way a write of ours may have gone further.
        if (this.#head === undefined || head.version >= this.#head.version) this.#saw(head)
        return this.#head ?? head
      } catch (thrown) {
        await this.#afterFailure(this.#unread('read', thrown), failures, goOn)
      }
    }
  }

  /** The last outcome stored against the key. @throws JOURNAL_FAILED, or what the journal threw */
  async settled(key: string): Promise<Settled | undefined> {
    try {
      return await this.#engine.journal.settled(this.ref, key)
    } catch (thrown) {
      throw this.#unread('settled', thrown)
    }
  }

  /** Whether the flip in progress has no living owner. @throws JOURNAL_FAILED, or what the journal threw */
  async isAbandoned(): Promise<boolean> {
    const { chart, id } = this.ref
    try {
      const [abandoned] = await this.#engine.journal.abandoned(chart, 1, id)
      return abandoned === id
    } catch (thrown) {
      throw this.#unread('abandoned', thrown)
    }
  }

  /**
   * Appends `change` to `base`. A store that fails or does not answer is asked again with the same operation id, so that
   * a write that did happen is recognised and never made twice.
   * @throws JOURNAL_CONFLICT when somebody else wrote first, OUTCOME_UNKNOWN, JOURNAL_FAILED, or what the journal threw
   */
  async append(base: Head, change: Change, options: AppendOptions): Promise<void> {
    const append: Append = {
      expected: { version: base.version, epoch: base.epoch },
      records: change.records,
      head: change.head,
      lease: options.lease,
      settled: change.settled,
      forget: change.forget,
      claim: options.claim,
      opId: options.opId,
    }
    for (let failures = 1; ; failures++) {
      try {
        await this.#engine.journal.append(this.ref, append)
        break
      } catch (thrown) {
        this.#isSuspect = true
        await this.#afterFailure(this.#coded(thrown, options.opId), failures, options.goOn)
      }
    }
    this.#saw(change.head)
    for (const record of change.records) this.#engine.recorded(this.ref, record, change.flip)
  }

  #saw(head: Head): void {
    const { version, fingerprint } = this.#engine.chart
    this.#head = head
    this.#isSuspect = false
    // Made out here, once a write, since it is looked at once a request.
    this.#phase = head.chart.version === version && head.chart.fingerprint === fingerprint ? head.phase : undefined
  }

  async #afterFailure(error: PhasegateError, failures: number, goOn: GoOn): Promise<void> {
    const mayAskAgain = error.code === 'OUTCOME_UNKNOWN' || error.code === 'JOURNAL_FAILED'
    if (!mayAskAgain || !goOn(error, failures)) throw error
    await sleep(this.#engine.clock, backoffMs(failures, ASK_AGAIN, this.#engine.random))
  }

  /** An error without a code says nothing of what was stored. */
  #coded(thrown: unknown, opId: string): PhasegateError {
    if (isPhasegateError(thrown)) return thrown
    const { id } = this.ref
    const facts = { subject: id, opId, flipId: undefined }
    const message = `the journal did not say whether the write ${opId} of "${id}" was stored`
    return new PhasegateError('OUTCOME_UNKNOWN', message, facts, { cause: thrown })
  }

  #unread(operation: string, thrown: unknown): PhasegateError {
    if (isPhasegateError(thrown)) return thrown
    const cause = messageOf(thrown)
    const message = `the journal could not answer for "${this.ref.id}" (${operation}): ${cause}`
    return new PhasegateError('JOURNAL_FAILED', message, { operation, cause }, { cause: thrown })
  }
}
