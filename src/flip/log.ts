import { open } from '../audit/index.ts'
import { isPhasegateError, messageOf, PhasegateError, sleep } from '../base/index.ts'
import type {
  Append,
  Head,
  Journal,
  JournalRecord,
  SealedRecord,
  Settled,
  SubjectRef,
  TransactionalJournal,
} from '../ports/index.ts'
import { backoffMs } from './backoff.ts'
import type { Engine } from './engine.ts'
import { evolve, origin } from './evolve.ts'
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

/** What a transaction of the store is to append, and on which terms. */
export interface Write extends Pick<AppendOptions, 'lease' | 'opId'> {
  readonly base: Head
  readonly change: Change
}

/** Whether the journal can store the user's writes together with its own. */
export function isTransactional(journal: Journal): journal is TransactionalJournal<unknown> {
  return typeof (journal as Partial<TransactionalJournal<unknown>>).transact === 'function'
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

  /** The head as last seen, whatever happened since: another object after every read or write that told something new. */
  get seen(): Head | undefined {
    return this.#head
  }

  /** The phase as last seen, whatever happened since; undefined when another version of the chart has written it. */
  get phase(): string | undefined {
    return this.#phase
  }

  /** The head as the journal has it now. @throws JOURNAL_FAILED, or what the journal threw */
  read(goOn: GoOn = () => false): Promise<Head> {
    const { chart, journal } = this.#engine
    return this.#ask('read', goOn, async () => {
      const head = (await journal.read(this.ref)) ?? origin(chart, chart.initial)
      this.#sawAgain(head)
      return this.#head ?? head
    })
  }

  /**
   * The records stored after `base`; none when some of them have been redacted since, for then the head alone tells what
   * they led to. @throws JOURNAL_FAILED, or what the journal threw
   */
  since(base: Head, goOn: GoOn): Promise<readonly JournalRecord[]> {
    return this.#ask('history', goOn, async () => {
      const { journal } = this.#engine
      const sealed: SealedRecord[] = []
      for await (const record of journal.history(this.ref, { from: base.version + 1 })) sealed.push(record)
      const isRedacted = sealed.some(({ payload }) => payload === '')
      const records = isRedacted ? [] : sealed.map(open)
      this.#sawAgain(isRedacted ? ((await journal.read(this.ref)) ?? base) : records.reduce(evolve, base))
      return records
    })
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
    const append = appendOf(base, change, options)
    let unknown: PhasegateError | undefined
    for (let failures = 1; ; failures++) {
      try {
        await this.#engine.journal.append(this.ref, append)
        break
      } catch (thrown) {
        this.#isSuspect = true
        const error = this.#coded(thrown, options.opId)
        if (error.code === 'OUTCOME_UNKNOWN') unknown = error
        // That a later try has surely stored nothing says nothing of an earlier one.
        await this.#afterFailure(error.code === 'JOURNAL_FAILED' ? (unknown ?? error) : error, failures, options.goOn)
      }
    }
    this.#saw(change.head)
    this.tell(change)
  }

  /**
   * Runs `work` in a transaction of the store, which appends what it answers. Nothing is asked again.
   * @throws JOURNAL_CONFLICT, OUTCOME_UNKNOWN, JOURNAL_FAILED (also when `work` threw), or what the journal threw
   */
  async transact(work: (tx: unknown) => Promise<Write>): Promise<Change> {
    const { journal } = this.#engine
    if (!isTransactional(journal)) throw new TypeError('the journal has no transactions; createGate should have told')
    const sent: { write?: Write } = {}
    try {
      await journal.transact(this.ref, async (tx) => {
        const write = await work(tx)
        sent.write = write
        return appendOf(write.base, write.change, write)
      })
    } catch (thrown) {
      if (sent.write === undefined) throw this.#unread('transact', thrown)
      this.#isSuspect = true
      throw this.#coded(thrown, sent.write.opId)
    }
    if (sent.write === undefined) throw new TypeError('the journal has run no transaction, and says it has')
    this.#saw(sent.write.change.head)
    this.tell(sent.write.change)
    return sent.write.change
  }

  /** Lets the gate know of records that this process has stored. */
  tell(change: Change): void {
    for (const record of change.records) this.#engine.recorded(this.ref, record, change)
  }

  async #ask<Answer>(operation: string, goOn: GoOn, ask: () => Promise<Answer>): Promise<Answer> {
    for (let failures = 1; ; failures++) {
      try {
        return await ask()
      } catch (thrown) {
        await this.#afterFailure(this.#unread(operation, thrown), failures, goOn)
      }
    }
  }

  /** While this was under way a write of ours may have gone further. */
  #sawAgain(head: Head): void {
    if (this.#head === undefined || head.version >= this.#head.version) this.#saw(head)
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

function appendOf(
  base: Head,
  { records, head, settled, forget, drop }: Change,
  options: Omit<AppendOptions, 'goOn'>,
): Append {
  const { lease, opId, claim } = options
  const expected = { version: base.version, epoch: base.epoch }
  return { expected, records, head, lease, settled, forget, drop, claim, opId }
}
