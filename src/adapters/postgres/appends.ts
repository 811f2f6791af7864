import { logName, sealAll } from '../../audit/index.ts'
import { type Clock, PhasegateError, unreachable } from '../../base/index.ts'
import type { Append, SubjectRef } from '../../ports/index.ts'
import { checkNumbers, conflict } from '../resident/index.ts'
import type { Announcer } from './announce.ts'
import { manyValues } from './append-many.ts'
import { oneValues, shapeOf } from './append-one.ts'
import { Batches } from './batches.ts'
import { cleanedBy } from './cleaned.ts'
import type { Row, Send, Statement, Value } from './client.ts'
import type { Sealed } from './sealed.ts'
import type { Statements } from './statements.ts'
import { toStored } from './text.ts'
import { Tips } from './tips.ts'
import { type Trouble, troubleOf, within } from './trouble.ts'

export interface AppendsOptions {
  readonly send: Send
  readonly statements: Statements
  readonly clock: Clock
  readonly timeoutMs: number
  /** Who tells of writes, if somebody shall. */
  readonly announcer: Announcer | undefined
}

/** What the statement that should store an append answered. `absent`: head or claim were not what it expected. */
type Answer = { readonly type: 'stored' } | { readonly type: 'absent' } | Trouble

const STORED: Answer = { type: 'stored' }
const ABSENT: Answer = { type: 'absent' }

/** How often an append that another transaction got in the way of is tried again. */
const MOST_TRIES = 4

/** Stores appends: sealed here, in one statement that they may share, and judged again where one was refused. */
export class Appends {
  readonly #options: AppendsOptions
  readonly #tips = new Tips()
  readonly #batches: Batches<Sealed, Answer>

  constructor(options: AppendsOptions) {
    this.#options = options
    const { clock } = options
    this.#batches = new Batches({ clock, send: (all) => this.#storeTogether(all), nameOf: ({ log }) => log })
  }

  /** The end of the chain was read: the next append need not. */
  sawTip(subject: SubjectRef, version: number, hash: string): void {
    this.#tips.set(logName(subject), version, hash)
  }

  async append(subject: SubjectRef, append: Append): Promise<void> {
    const sealed = await this.#seal(subject, append, this.#options.send)
    if (sealed === undefined) return this.#assertRepeat(subject, append)
    for (let tries = 1; ; tries++) {
      const answer = await this.#batches.ask(sealed)
      if (await this.#isStored(sealed, answer, tries)) return
    }
  }

  /**
   * Stores an append in a transaction that is the caller's. What is returned is called when that has committed;
   * undefined: head or claim are not what it expects, and nothing may be committed.
   */
  async appendIn(send: Send, subject: SubjectRef, append: Append): Promise<(() => void) | undefined> {
    const sealed = await this.#seal(subject, append, send)
    if (sealed === undefined) return undefined
    const rows = await this.#sendOne(send, sealed, true)
    return rows.length === 0 ? undefined : () => this.#stored(sealed)
  }

  /** Why an append was refused. */
  async refusal(subject: SubjectRef, append: Append): Promise<PhasegateError> {
    return conflict(subject, append, await this.#found(subject, append.opId))
  }

  /** Undefined where the head is another than the expected. @throws OPTION_INVALID, JOURNAL_FAILED */
  async #seal(subject: SubjectRef, append: Append, send: Send): Promise<Sealed | undefined> {
    const { chart, id } = subject
    const log = logName(subject)
    const { version, epoch } = append.expected
    if (append.head.epoch < epoch) return undefined
    let previous: string | undefined
    if (version > 0) previous = this.#tips.at(log, version) ?? (await this.#readTip(subject, version, send))
    if (version > 0 && previous === undefined) return undefined
    if (!(await this.#isWellNumbered(subject, append))) return undefined
    const ask = (statement: Statement, values: readonly Value[]) => this.#ask('append', () => send(statement, values))
    const cleaned = append.drop === undefined ? [] : await cleanedBy(append, subject, this.#options.statements, ask)
    return { subject: { chart, id }, log, append, records: sealAll(subject, append.records, previous), cleaned }
  }

  /** False where it is a conflict anyway: numbers that were counted from another head. @throws OPTION_INVALID */
  async #isWellNumbered(subject: SubjectRef, append: Append): Promise<boolean> {
    try {
      checkNumbers(append)
      return true
    } catch (error) {
      if (isExpected(await this.#found(subject, append.opId), append)) throw error
      return false
    }
  }

  async #readTip(subject: SubjectRef, version: number, send: Send): Promise<string | undefined> {
    const { statements } = this.#options
    const values = [toStored(subject.chart), toStored(subject.id)]
    const [row] = await this.#ask('append', () => send(statements.read, values))
    return row !== undefined && Number(row.version) === version ? String(row.tip) : undefined
  }

  /** @throws JOURNAL_CONFLICT unless it has been stored before */
  async #assertRepeat(subject: SubjectRef, append: Append): Promise<void> {
    const found = await this.#found(subject, append.opId)
    if (found?.isRepeat !== true) throw conflict(subject, append, found)
  }

  #stored({ subject, log, append, records }: Sealed): void {
    this.#options.announcer?.changed(log, subject)
    this.#tips.set(log, append.head.version, records.at(-1)?.hash ?? '')
  }

  /** Whether it is stored; false: it is worth another try. @throws what the caller shall see */
  async #isStored(sealed: Sealed, answer: Answer, tries: number): Promise<boolean> {
    switch (answer.type) {
      case 'stored':
        this.#stored(sealed)
        return true
      case 'absent':
      case 'crossed':
        return this.#judge(sealed, answer, tries)
      case 'refused':
        throw failed('append', answer.cause, answer.error)
      case 'unknown':
        throw unknown(sealed.subject, sealed.append, answer)
      default:
        return unreachable(answer)
    }
  }

  async #judge({ subject, append }: Sealed, answer: Answer, tries: number): Promise<boolean> {
    const found = await this.#found(subject, append.opId)
    if (found?.isRepeat === true) return true
    if (answer.type !== 'crossed' || !isExpected(found, append)) throw conflict(subject, append, found)
    if (tries >= MOST_TRIES) throw failed('append', answer.cause, answer.error)
    return false
  }

  async #found(subject: SubjectRef, opId: string) {
    const { send, statements } = this.#options
    const values = [toStored(subject.chart), toStored(subject.id), opId]
    const [row] = await this.#ask('append', () => send(statements.judge, values))
    return row && { version: Number(row.version), epoch: Number(row.epoch), isRepeat: row.repeated === true }
  }

  /** Together, where there are several that may; the others, and those that the server refused together, alone. */
  async #storeTogether(all: readonly Sealed[]): Promise<readonly (Answer | Promise<Answer>)[]> {
    const [only] = all
    if (only !== undefined && all.length === 1) return [await this.#storeAlone(only)]
    const together = all.filter(mayShare)
    const answers = together.length > 1 ? await this.#storeMany(together) : undefined
    return all.map((sealed) => answers?.get(sealed) ?? this.#storeAlone(sealed))
  }

  /** One statement for all. Undefined when the server refused it for what one of them is: nothing was stored then. */
  async #storeMany(all: readonly Sealed[]): Promise<ReadonlyMap<Sealed, Answer> | undefined> {
    const { send, statements, clock, timeoutMs } = this.#options
    // In one order everywhere, so that two processes that lock the same rows do not wait for each other.
    const sorted = [...all].sort((a, b) => (a.log < b.log ? -1 : 1))
    try {
      const rows = await within(clock, timeoutMs, send(statements.appendMany, manyValues(sorted)))
      const stored = new Set(rows.map(({ ord }) => Number(ord)))
      return new Map(sorted.map((sealed, ord) => [sealed, stored.has(ord) ? STORED : ABSENT]))
    } catch (error) {
      const trouble = troubleOf(error)
      return trouble.type === 'unknown' ? new Map(all.map((sealed) => [sealed, trouble])) : undefined
    }
  }

  async #storeAlone(sealed: Sealed): Promise<Answer> {
    try {
      const rows = await this.#sendOne(this.#options.send, sealed, false)
      return rows.length > 0 ? STORED : ABSENT
    } catch (error) {
      return troubleOf(error)
    }
  }

  #sendOne(send: Send, sealed: Sealed, isInTransaction: boolean): Promise<readonly Row[]> {
    const { statements, clock, timeoutMs } = this.#options
    const shape = shapeOf(sealed.append, isInTransaction)
    return within(clock, timeoutMs, send(statements.appendOne(shape), oneValues(sealed, shape)))
  }

  /** @throws JOURNAL_FAILED */
  async #ask<Result>(operation: string, ask: () => Promise<Result>): Promise<Result> {
    const { clock, timeoutMs } = this.#options
    try {
      return await within(clock, timeoutMs, ask())
    } catch (error) {
      throw failed(operation, troubleOf(error).cause, error)
    }
  }
}

function isExpected(found: { version: number; epoch: number } | undefined, { expected }: Append): boolean {
  return (found?.version ?? 0) === expected.version && (found?.epoch ?? 0) === expected.epoch
}

function mayShare({ append }: Sealed): boolean {
  return append.forget === undefined && append.drop === undefined
}

/** Nobody knows whether the append was stored. */
export function unknown(
  subject: SubjectRef,
  { opId, head, settled }: Append,
  { cause, error }: Trouble,
): PhasegateError<'OUTCOME_UNKNOWN'> {
  const facts = { subject: subject.id, opId, flipId: head.flip?.id ?? settled?.flipId }
  const message = `${logName(subject)}: it may or may not be stored: ${cause}`
  return new PhasegateError('OUTCOME_UNKNOWN', message, facts, { cause: error })
}

export function failed(operation: string, cause: string, error?: unknown): PhasegateError<'JOURNAL_FAILED'> {
  const message = `PostgreSQL could not answer (${operation}): ${cause}`
  return new PhasegateError('JOURNAL_FAILED', message, { operation, cause }, { cause: error })
}
