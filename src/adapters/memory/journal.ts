import { systemClock } from '../../base/index.ts'
import type {
  Append,
  ChainTip,
  Clock,
  FeedPage,
  Head,
  Journal,
  SealedRecord,
  Settled,
  SubjectRef,
} from '../../ports/index.ts'
import { checkDrop, closed, conflict, Table } from '../resident/index.ts'
import { Records, type Stored } from './records.ts'

export interface MemoryJournalOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/**
 * A journal that lasts as long as the process. Records are kept by reference and sealed only when `history` or `feed` is
 * asked for them.
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  return new MemoryJournal(options.clock ?? systemClock)
}

const DONE: Promise<void> = Promise.resolve()

class MemoryJournal implements Journal {
  readonly #table: Table<Stored>
  readonly #records: Records
  readonly #bookmarks = new Map<string, string>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#table = new Table(clock)
    this.#records = new Records(this.#table)
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
        return append.drop === undefined ? this.#store(subject, append) : this.#dropAndStore(subject, append)
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
    yield* this.#records.of(subject).slice(Math.max(0, (range.from ?? 1) - 1), range.to)
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

  async stuck(chart: string, limit: number): Promise<readonly string[]> {
    if (this.#isClosed) throw closed('stuck')
    return this.#table.stuck(chart, limit)
  }

  async feed(after: string | undefined, limit: number): Promise<FeedPage> {
    if (this.#isClosed) throw closed('feed')
    return this.#records.feed(after, limit)
  }

  async *tips(): AsyncIterable<ChainTip> {
    if (this.#isClosed) throw closed('tips')
    for (const { subject } of this.#table.all()) {
      const all = this.#records.of(subject)
      yield { subject, n: all.length, hash: all.at(-1)?.hash ?? '' }
    }
  }

  async bookmark(name: string): Promise<string | undefined> {
    if (this.#isClosed) throw closed('bookmark')
    return this.#bookmarks.get(name)
  }

  async moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    if (this.#isClosed) throw closed('moveBookmark')
    if (this.#bookmarks.get(name) !== from) return false
    this.#bookmarks.set(name, to)
    return true
  }

  close(): Promise<void> {
    this.#isClosed = true
    return DONE
  }

  #store(subject: SubjectRef, append: Append): Promise<void> {
    const { head, expected, records, opId } = append
    const stored: Stored = { version: head.version, opId, subject, from: expected.version, records }
    this.#table.store(subject, append, stored)
    this.#records.add(stored)
    return DONE
  }

  async #dropAndStore(subject: SubjectRef, append: Append): Promise<void> {
    checkDrop(append)
    this.#records.drop(subject, append.drop ?? [])
    return this.#store(subject, append)
  }
}
