import { isPhasegateError, PhasegateError } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import type { Append, Body, FlipState, Head, JournalRecord } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import { evolve } from './evolve.ts'
import type { Holding } from './holding.ts'
import type { SubjectLog, Write } from './log.ts'
import { awaits, type Change, report, unfold, type Work } from './protocol.ts'

export interface WritingOptions {
  readonly engine: Engine
  readonly log: SubjectLog
  readonly spec: FlipSpec
  readonly holding: Holding
  readonly flipId: string
  readonly epoch: number
  /** Throws when this process has to leave the flip. */
  readonly assertHeld: () => void
}

/** How a transaction went. Only one that is `recorded` has had any effect; of one that is `unheard` it is not known. */
export type Told =
  | { readonly type: 'recorded'; readonly change: Change }
  /** Somebody wrote first: something else may have to happen now. */
  | { readonly type: 'overtaken' }
  /** The store opened no transaction. */
  | { readonly type: 'unopened' }
  /** The store took it back. */
  | { readonly type: 'refused'; readonly error: PhasegateError }
  /** The answer was lost: the next turn of the loop finds out. */
  | { readonly type: 'unheard' }

/** How far a transaction has come. */
type Progress =
  | { readonly type: 'opening' }
  | { readonly type: 'working' }
  | { readonly type: 'overtaken' }
  | { readonly type: 'given up'; readonly error: unknown }
  | { readonly type: 'sent'; readonly write: Write }

/** What a run writes: the records of its flip, one after another, for as long as it owns it. */
export class Writing {
  readonly #options: WritingOptions
  /** A transaction whose answer was lost. While nothing is stored after its base, it may still come. */
  #unheard: Write | undefined

  constructor(options: WritingOptions) {
    this.#options = options
  }

  get isUnheard(): boolean {
    return this.#unheard !== undefined
  }

  /** The flip as last seen, if that can be acted on. @throws FENCED when it is not ours any more */
  get known(): FlipState | undefined {
    const { known } = this.#options.log
    return known && this.#own(known)
  }

  /** The flip as the journal has it, asked for as long as the lease is held. @throws FENCED, LEASE_LOST */
  async read(): Promise<FlipState> {
    return this.#own(await this.#options.log.read(this.#goOn))
  }

  /**
   * Appends what `tell` says of the flip as it is now; when somebody wrote in between, of the flip as it is then. It says
   * nothing when that is no longer what must be recorded.
   */
  async record(tell: (flip: FlipState) => Body | undefined): Promise<Change | undefined> {
    const { engine, log, spec, epoch, holding } = this.#options
    for (;;) {
      const heard = this.isUnheard ? await this.hear() : undefined
      if (heard !== undefined) return heard
      const base = log.known ?? (await log.read(this.#goOn))
      const body = tell(this.#own(base))
      if (body === undefined) return undefined
      const change = unfold(base, [body], spec, { at: engine.clock.now(), epoch })
      const askedAtMs = engine.clock.monotonic()
      try {
        const lease = leaseAfter(change, engine.leaseTtlMs)
        await log.append(base, change, { lease, opId: engine.nextId(), claim: undefined, goOn: this.#goOn })
        this.#unheard = undefined
        holding.extend(askedAtMs)
        return change
      } catch (error) {
        if (!isPhasegateError(error, 'JOURNAL_CONFLICT')) throw error
      }
    }
  }

  /** Runs `run` in a transaction; what it resolves with is recorded in the same, as the result of `work`. */
  async transact(work: Work, run: (tx: unknown) => Promise<unknown>): Promise<Told> {
    const { engine, log, holding, assertHeld } = this.#options
    assertHeld()
    // Now, because a transaction may have taken the last connection to the store.
    if (!this.#isDue(log.known ?? (await log.read(this.#goOn)), work)) return { type: 'overtaken' }
    // The store may count the lease from the beginning of the transaction.
    const askedAtMs = engine.clock.monotonic()
    const at = { progress: { type: 'opening' } as Progress }
    try {
      const change = await log.transact(async (tx) => {
        at.progress = { type: 'working' }
        at.progress = await this.#finish(work, () => run(tx))
        if (at.progress.type === 'sent') return at.progress.write
        throw at.progress.type === 'given up'
          ? at.progress.error
          : new DOMException('somebody wrote first', 'AbortError')
      })
      this.#unheard = undefined
      holding.extend(askedAtMs)
      return { type: 'recorded', change }
    } catch (error) {
      return this.#afterFailure(at.progress, error)
    }
  }

  /** What a transaction whose answer was lost has left in the journal; undefined if it was not stored, or not yet. */
  async hear(): Promise<Change | undefined> {
    const sent = this.#unheard
    if (sent === undefined) return undefined
    const { log } = this.#options
    const stored = await log.since(sent.base, this.#goOn)
    if (stored.length === 0) return undefined
    this.#unheard = undefined
    const change = storedOf(sent, stored)
    if (change !== undefined) log.tell(change)
    return change
  }

  fenced(current: number | undefined): PhasegateError<'FENCED'> {
    const { log, epoch } = this.#options
    const subject = log.ref.id
    const message = `"${subject}" has a newer owner than epoch ${epoch}${current === undefined ? '' : `: epoch ${current}`}; the outcome is in the journal`
    return new PhasegateError('FENCED', message, { subject, epoch, current })
  }

  /** What was done is fit to be recorded if the flip is still ours and still waits for it. Asks the store nothing. */
  async #finish(work: Work, run: () => Promise<unknown>): Promise<Progress> {
    const { engine, log, spec, epoch, assertHeld } = this.#options
    try {
      const output = await run()
      assertHeld()
      const base = log.known
      if (!this.#isDue(base, work)) return { type: 'overtaken' }
      const body = report(base.flip, spec, work, { type: 'done', output })
      const change = unfold(base, [body], spec, { at: engine.clock.now(), epoch })
      const lease = leaseAfter(change, engine.leaseTtlMs)
      return { type: 'sent', write: { base, change, lease, opId: engine.nextId() } }
    } catch (error) {
      return { type: 'given up', error }
    }
  }

  /** Before the append was handed over nothing can have been stored, whatever the store says. */
  #afterFailure(progress: Progress, thrown: unknown): Told {
    if (progress.type === 'given up') throw progress.error
    if (progress.type === 'overtaken') return progress
    if (!isPhasegateError(thrown)) throw thrown
    const isSent = progress.type === 'sent'
    if (isSent && thrown.code === 'JOURNAL_CONFLICT') return { type: 'overtaken' }
    if (thrown.code !== 'JOURNAL_FAILED' && thrown.code !== 'OUTCOME_UNKNOWN') throw thrown
    if (progress.type === 'opening') return { type: 'unopened' }
    if (!isSent || thrown.code === 'JOURNAL_FAILED') return { type: 'refused', error: thrown }
    this.#unheard = progress.write
    return { type: 'unheard' }
  }

  readonly #goOn = (): boolean => {
    this.#options.assertHeld()
    return true
  }

  #own(head: Head): FlipState {
    if (head.flip === undefined || !this.#isOwn(head)) throw this.fenced(head.epoch)
    return head.flip
  }

  /** Whether the flip is ours, and `work` is what must happen in it. */
  #isDue(head: Head | undefined, work: Work): head is Head & { readonly flip: FlipState } {
    return head?.flip !== undefined && this.#isOwn(head) && awaits(head.flip, this.#options.spec, work)
  }

  #isOwn({ epoch, flip }: Head): boolean {
    return flip?.id === this.#options.flipId && epoch === this.#options.epoch
  }
}

/** An owner's write renews its lease; a flip that has ended or is stuck needs none. */
export function leaseAfter({ head }: Change, ttlMs: number): Append['lease'] {
  return head.flip === undefined || head.flip.course.type === 'stuck' ? 'release' : { ttlMs }
}

/** A new flip under a key must not find an outcome of its own attempt: another may have come between. */
export function claimOf(first: Body | undefined): Append['claim'] {
  if (first?.kind !== 'requested' || first.key === undefined) return undefined
  return { key: first.key, attempt: first.attempt }
}

/**
 * What was stored of `sent`. Only the owner of a flip writes such records, and another becomes that by a record of another
 * kind: if the first after the base is one, they are its own.
 */
function storedOf({ base, change }: Write, stored: readonly JournalRecord[]): Change | undefined {
  if (stored[0]?.kind !== change.records[0]?.kind) return undefined
  const records = stored.slice(0, change.records.length)
  let { flip } = base
  const head = records.reduce((before, record) => {
    const after = evolve(before, record)
    flip = after.flip ?? flip
    return after
  }, base)
  return { records, head, flip, since: base.since, settled: undefined, forget: undefined, drop: undefined }
}
