import { isPhasegateError, PhasegateError, sleep } from '../base/index.ts'
import type { Append, Head, SubjectRef } from '../ports/index.ts'
import { backoffMs } from './backoff.ts'
import type { Engine } from './engine.ts'
import { type Change, origin } from './protocol.ts'

const ASK_AGAIN = { baseMs: 50, capMs: 2_000 }

/** How an append goes about it. */
export interface AppendOptions {
  readonly lease: Append['lease']
  readonly opId: string
  /** Whether to ask again after the store failed, or did not answer. It may throw what the caller shall see instead. */
  readonly goOn: (error: PhasegateError, failures: number) => boolean
}

/** The journal of one subject, with the head as this process last read or wrote it. */
export class SubjectLog {
  readonly ref: SubjectRef
  readonly #engine: Engine
  #head: Head | undefined
  #isSuspect = false

  constructor(engine: Engine, id: string) {
    this.#engine = engine
    this.ref = { chart: engine.chart.name, id }
  }

  /** The head as last seen: good to act on, since an append checks it; not good to refuse on. Undefined after a failure. */
  get known(): Head | undefined {
    return this.#isSuspect ? undefined : this.#head
  }

  /** The phase as last seen, whatever happened since. */
  get phase(): string | undefined {
    return this.#head?.phase
  }

  /** The head as the journal has it now. */
  async read(): Promise<Head> {
    const { chart } = this.#engine
    const head = (await this.#engine.journal.read(this.ref)) ?? origin(chart, chart.initial)
    // While this was under way a write of ours may have gone further.
    if (this.#head === undefined || head.version >= this.#head.version) this.#saw(head)
    return this.#head ?? head
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
      opId: options.opId,
    }
    for (let failures = 1; ; failures++) {
      try {
        await this.#engine.journal.append(this.ref, append)
        break
      } catch (thrown) {
        await this.#afterFailure(this.#coded(thrown, options.opId), failures, options)
      }
    }
    this.#saw(change.head)
    for (const record of change.records) this.#engine.recorded(this.ref, record, change.flip)
  }

  #saw(head: Head): void {
    this.#head = head
    this.#isSuspect = false
  }

  async #afterFailure(error: PhasegateError, failures: number, { goOn }: AppendOptions): Promise<void> {
    this.#isSuspect = true
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
}
