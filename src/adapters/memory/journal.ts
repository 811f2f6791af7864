import { FIRST_LINK, sealAll } from '../../audit/index.ts'
import { systemClock } from '../../base/index.ts'
import type {
  Append,
  Clock,
  Head,
  Journal,
  JournalRecord,
  SealedRecord,
  Settled,
  SubjectRef,
} from '../../ports/index.ts'
import { closed, conflict, type Entry, type Step, Table } from '../resident/index.ts'

/** What an append leaves: its records as they came. */
interface Stored extends Step {
  readonly records: readonly JournalRecord[]
}

export interface MemoryJournalOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/**
 * A journal that lasts as long as the process. Records are kept by reference and sealed only when `history` is asked
 * for them.
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  return new MemoryJournal(options.clock ?? systemClock)
}

const DONE: Promise<void> = Promise.resolve()

class MemoryJournal implements Journal {
  readonly #table: Table<Stored>
  /** Salts are random: what was sealed once must stay as it is. */
  readonly #sealed = new WeakMap<Entry<Stored>, SealedRecord[]>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#table = new Table(clock)
  }

  read(subject: SubjectRef): Promise<Head | undefined> {
    if (this.#isClosed) return Promise.reject(closed('read'))
    return Promise.resolve(this.#table.get(subject)?.head)
  }

  append(subject: SubjectRef, append: Append): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed('append'))
    const entry = this.#table.get(subject)
    switch (this.#table.judge(entry, append)) {
      case 'repeat':
        return DONE
      case 'conflict':
        return Promise.reject(conflict(subject, append, entry?.head))
      case 'store':
        this.#table.store(subject, append, {
          version: append.head.version,
          opId: append.opId,
          records: append.records,
        })
        return DONE
    }
  }

  renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean> {
    if (this.#isClosed) return Promise.reject(closed('renew'))
    return Promise.resolve(this.#table.renew(subject, epoch, ttlMs))
  }

  settled(subject: SubjectRef, key: string): Promise<Settled | undefined> {
    if (this.#isClosed) return Promise.reject(closed('settled'))
    return Promise.resolve(this.#table.get(subject)?.settled?.get(key))
  }

  async *history(
    subject: SubjectRef,
    range: { readonly from?: number; readonly to?: number } = {},
  ): AsyncIterable<SealedRecord> {
    if (this.#isClosed) throw closed('history')
    const entry = this.#table.get(subject)
    if (entry === undefined) return
    yield* this.#seal(subject, entry).slice(Math.max(0, (range.from ?? 1) - 1), range.to)
  }

  async *heads(chart: string): AsyncIterable<{ readonly id: string; readonly head: Head }> {
    if (this.#isClosed) throw closed('heads')
    for (const { id, head } of this.#table.entries(chart)) yield { id, head }
  }

  abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]> {
    if (this.#isClosed) return Promise.reject(closed('abandoned'))
    return Promise.resolve(this.#table.abandoned(chart, limit, id))
  }

  due(chart: string, limit: number): Promise<readonly string[]> {
    if (this.#isClosed) return Promise.reject(closed('due'))
    return Promise.resolve(this.#table.due(chart, limit))
  }

  close(): Promise<void> {
    this.#isClosed = true
    return DONE
  }

  /** Seals what was not sealed before. Record n stands at n - 1. */
  #seal(subject: SubjectRef, entry: Entry<Stored>): readonly SealedRecord[] {
    const sealed = this.#sealed.get(entry) ?? []
    const fresh = entry.steps.filter((step) => step.version > sealed.length).flatMap((step) => step.records)
    sealed.push(...sealAll(subject, fresh, sealed.at(-1)?.hash ?? FIRST_LINK.hash))
    this.#sealed.set(entry, sealed)
    return sealed
  }
}
