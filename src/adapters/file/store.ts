import { logName, sealAll } from '../../audit/index.ts'
import { PhasegateError, unreachable } from '../../base/index.ts'
import type { Append, Head, SealedRecord, Settled, Stop, SubjectRef } from '../../ports/index.ts'
import { checkNumbers, closed, conflict, type Table } from '../resident/index.ts'
import { beat } from './beat.ts'
import type { Claim } from './claim.ts'
import { readLines, unreadable } from './history.ts'
import { appendLine } from './line.ts'
import type { Recovery, Stored } from './recover.ts'
import type { Settings } from './settings.ts'
import type { Tail, Trouble } from './tail.ts'
import { type Outcome, Writer } from './writer.ts'

const BEATS_PER_TTL = 3

export interface Range {
  readonly from?: number
  readonly to?: number
}

/** A folder while it is owned: what is on disk, and its heads, outcomes and leases in memory. */
export class Store {
  readonly #folder: string
  readonly #table: Table<Stored>
  readonly #tips: Recovery['tips']
  readonly #tail: Tail
  readonly #writer: Writer
  /** Subjects with an append under way: whoever comes second is judged when its outcome is known. */
  readonly #busy = new Map<string, Promise<void>>()
  /** Subjects whose last append may or may not be on disk; none once anything has been stored after it. */
  readonly #doubtful = new Set<string>()

  readonly #stopBeat: Stop
  #isClosed = false

  constructor({ folder, clock, ttlMs }: Settings, { recovery, tail }: Claim) {
    this.#folder = folder
    this.#table = recovery.table
    this.#tips = recovery.tips
    this.#tail = tail
    this.#writer = new Writer(tail)
    this.#stopBeat = beat(clock, ttlMs / BEATS_PER_TTL, tail)
  }

  async append(subject: SubjectRef, append: Append): Promise<void> {
    const log = logName(subject)
    if (this.#doubtful.size > 0 && !(await this.#isCertain(log)))
      throw refusal({ type: 'unknown', cause: 'an earlier write' }, log, append)
    for (let busy = this.#busy.get(log); busy !== undefined; busy = this.#busy.get(log)) {
      await busy.catch(() => undefined)
    }
    const entry = this.#table.get(subject)
    switch (this.#table.judge(entry, append)) {
      case 'repeat':
        return
      case 'conflict':
        throw conflict(subject, append, entry?.head)
      case 'store':
        checkNumbers(append)
        return this.#alone(log, this.#store(subject, log, append))
    }
  }

  async read(subject: SubjectRef): Promise<Head | undefined> {
    await this.#makeCertain(subject)
    return this.#table.get(subject)?.head
  }

  async settled(subject: SubjectRef, key: string): Promise<Settled | undefined> {
    await this.#makeCertain(subject)
    return this.#table.get(subject)?.settled?.get(key)
  }

  renew(subject: SubjectRef, epoch: number, ttlMs: number): boolean {
    return !this.#isFenced() && this.#table.renew(subject, epoch, ttlMs)
  }

  async *history(subject: SubjectRef, range: Range): AsyncGenerator<SealedRecord, void, undefined> {
    await this.#makeCertain(subject)
    const { from = 1, to = Number.POSITIVE_INFINITY } = range
    const steps = this.#table.get(subject)?.steps ?? []
    const wanted = steps.filter((step, index) => step.version >= from && (steps[index - 1]?.version ?? 0) < to)
    let n = wanted[0] === undefined ? 0 : (steps[steps.indexOf(wanted[0]) - 1]?.version ?? 0)
    for await (const { records } of readLines(this.#folder, wanted)) {
      for (const record of records) if (++n >= from && n <= to) yield record
    }
  }

  *heads(chart: string): Generator<{ readonly id: string; readonly head: Head }, void, undefined> {
    this.#checkOwned(chart)
    for (const { id, head } of this.#table.entries(chart)) yield { id, head }
  }

  abandoned(chart: string, limit: number, id?: string): readonly string[] {
    this.#checkOwned(chart)
    return this.#table.abandoned(chart, limit, id)
  }

  due(chart: string, limit: number): readonly string[] {
    this.#checkOwned(chart)
    return this.#table.due(chart, limit)
  }

  stuck(chart: string, limit: number): readonly string[] {
    this.#checkOwned(chart)
    return this.#table.stuck(chart, limit)
  }

  /** Lets appends that are under way end, and gives the folder back. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopBeat()
    await this.#writer.idle()
    await this.#tail.close()
  }

  /** Keeps others from being judged before it is known what comes of this append. */
  async #alone(log: string, append: Promise<void>): Promise<void> {
    this.#busy.set(log, append)
    try {
      await append
    } finally {
      this.#busy.delete(log)
    }
  }

  async #store(subject: SubjectRef, log: string, append: Append): Promise<void> {
    const records = sealAll(subject, append.records, this.#tips.get(log))
    const outcome = await this.#write(appendLine(subject, append, records))
    this.#settle(log, outcome)
    if (outcome.type !== 'stored') throw refusal(outcome, log, append)
    const { segment, offset, length } = outcome
    this.#table.store(subject, append, { version: append.head.version, opId: append.opId, segment, offset, length })
    const tip = records.at(-1)
    if (tip !== undefined) this.#tips.set(log, tip.hash)
  }

  /** Who was still waiting for something when the journal was closed has nothing written. */
  #write(line: string): Promise<Outcome> {
    if (this.#isClosed) throw closed('append')
    return this.#writer.write(line)
  }

  #settle(log: string, outcome: Outcome): void {
    if (outcome.type === 'stored') this.#doubtful.clear()
    if (outcome.type === 'unknown') this.#doubtful.add(log)
  }

  /** Whether memory says what the disk says: in doubt, it does as soon as anything can be written again. */
  async #isCertain(log: string): Promise<boolean> {
    if (!this.#doubtful.has(log)) return true
    this.#settle(log, await this.#write(''))
    return !this.#doubtful.has(log)
  }

  async #makeCertain(subject: SubjectRef): Promise<void> {
    const log = logName(subject)
    this.#checkOwned(log, this.#table.get(subject)?.head.epoch)
    if (await this.#isCertain(log)) return
    throw refusal({ type: 'failed', cause: 'an earlier write is in doubt, and the disk still fails' }, log, undefined)
  }

  /** Once the folder has a newer owner, what is known here may be out of date. */
  #checkOwned(subject: string, epoch = 0): void {
    if (this.#isFenced()) throw fenced(subject, epoch)
  }

  #isFenced(): boolean {
    try {
      return this.#tail.checkFenced()
    } catch (error) {
      throw unreadable(this.#folder, error)
    }
  }
}

function refusal(trouble: Trouble, subject: string, append: Append | undefined): PhasegateError {
  switch (trouble.type) {
    case 'fenced':
      return fenced(subject, append?.head.epoch ?? 0)
    case 'failed':
      return new PhasegateError('JOURNAL_FAILED', `${subject}: nothing was stored: ${trouble.cause}`, {
        operation: append === undefined ? 'read' : 'append',
        cause: trouble.cause,
      })
    case 'unknown':
      return new PhasegateError('OUTCOME_UNKNOWN', `${subject}: it may or may not be stored: ${trouble.cause}`, {
        subject,
        opId: append?.opId ?? '',
        flipId: append?.head.flip?.id ?? append?.settled?.flipId,
      })
    default:
      return unreachable(trouble)
  }
}

function fenced(subject: string, epoch: number): PhasegateError<'FENCED'> {
  return new PhasegateError('FENCED', `${subject}: the folder has a newer owner; this one was taken for dead`, {
    subject,
    epoch,
    current: undefined,
  })
}
