import { resolve } from 'node:path'
import {
  type Duration,
  duration,
  isPhasegateError,
  known,
  limit,
  PhasegateError,
  positiveInteger,
  refuse,
  systemClock,
} from '../../base/index.ts'
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
import { causeOf, type Disk, realDisk } from '../folder/index.ts'
import { closed } from '../resident/index.ts'
import { claim } from './claim.ts'
import type { Settings } from './settings.ts'
import { type Range, Store } from './store.ts'

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024

export interface FileJournalOptions {
  /** How long to wait for another owner of the folder to end. @default 0: `JOURNAL_OWNED` at once */
  readonly wait?: Duration | undefined
  /** After this silence others may take the folder from this process; it shows life three times as often. @default '15s' */
  readonly ttl?: Duration | undefined
  /** A segment that reaches this size is followed by the next. @default 64 MiB */
  readonly segmentBytes?: number | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** A journal in a folder. */
export interface FileJournal extends Journal {
  /** Takes the folder and reads it, which the first operation does otherwise: to know early whether it can be done. */
  open(): Promise<void>
}

/**
 * A journal in the files of a folder, which one process at a time owns. Nothing is touched before it is first used; that
 * rejects with `JOURNAL_OWNED` or `JOURNAL_CORRUPT` when the folder cannot be had, and may be tried again.
 *
 * @example const gate = createGate(upgrade, { journal: fileJournal('./state') })
 */
export function fileJournal(folder: string, options: FileJournalOptions = {}): FileJournal {
  return createFileJournal(folder, options, realDisk)
}

/** The same, on any disk. */
export function createFileJournal(folder: string, options: FileJournalOptions, disk: Disk): FileJournal {
  const given = known(options, 'fileJournal options', ['wait', 'ttl', 'segmentBytes', 'clock'])
  return new LazyJournal({
    folder: parseFolder(folder),
    clock: options.clock ?? systemClock,
    disk,
    waitMs: duration(given.wait, 'wait', 0),
    ttlMs: limit(given.ttl, 'ttl', '15s'),
    segmentBytes: positiveInteger(given.segmentBytes ?? DEFAULT_SEGMENT_BYTES, 'segmentBytes'),
  })
}

type State =
  | { readonly type: 'shut' }
  | { readonly type: 'opening'; readonly done: Promise<Store> }
  | { readonly type: 'open'; readonly store: Store }
  | { readonly type: 'closed'; readonly done: Promise<void> }

class LazyJournal implements FileJournal {
  readonly #settings: Settings
  #state: State = { type: 'shut' }

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async open(): Promise<void> {
    await this.#use('open')
  }

  async read(subject: SubjectRef): Promise<Head | undefined> {
    return (await this.#use('read')).read(subject)
  }

  async append(subject: SubjectRef, append: Append): Promise<void> {
    return (await this.#use('append')).append(subject, append)
  }

  async renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean> {
    return (await this.#use('renew')).renew(subject, epoch, ttlMs)
  }

  async settled(subject: SubjectRef, key: string): Promise<Settled | undefined> {
    return (await this.#use('settled')).settled(subject, key)
  }

  async *history(subject: SubjectRef, range: Range = {}): AsyncIterable<SealedRecord> {
    yield* (await this.#use('history')).history(subject, range)
  }

  async *heads(chart: string): AsyncIterable<{ readonly id: string; readonly head: Head }> {
    yield* (await this.#use('heads')).heads(chart)
  }

  async abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]> {
    return (await this.#use('abandoned')).abandoned(chart, limit, id)
  }

  async due(chart: string, limit: number): Promise<readonly string[]> {
    return (await this.#use('due')).due(chart, limit)
  }

  async stuck(chart: string, limit: number): Promise<readonly string[]> {
    return (await this.#use('stuck')).stuck(chart, limit)
  }

  async feed(after: string | undefined, limit: number): Promise<FeedPage> {
    return (await this.#use('feed')).feed(after, limit)
  }

  async *tips(): AsyncIterable<ChainTip> {
    yield* (await this.#use('tips')).tips()
  }

  async bookmark(name: string): Promise<string | undefined> {
    return (await this.#use('bookmark')).bookmark(name)
  }

  async moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    return (await this.#use('moveBookmark')).moveBookmark(name, from, to)
  }

  close(): Promise<void> {
    if (this.#state.type !== 'closed') this.#state = { type: 'closed', done: this.#close(this.#state) }
    return this.#state.done
  }

  #use(operation: string): Store | Promise<Store> {
    switch (this.#state.type) {
      case 'open':
        return this.#state.store
      case 'opening':
        return this.#state.done
      case 'closed':
        throw closed(operation)
      case 'shut': {
        const done = this.#claim()
        this.#state = { type: 'opening', done }
        return done
      }
    }
  }

  async #claim(): Promise<Store> {
    try {
      const store = new Store(this.#settings, await claim(this.#settings))
      // What a former owner could not end. A disk that refuses it now is asked again when more is dropped, or the next time.
      await store.finishDrops()
      if (this.#state.type === 'opening') this.#state = { type: 'open', store }
      return store
    } catch (error) {
      if (this.#state.type === 'opening') this.#state = { type: 'shut' }
      throw isPhasegateError(error) ? error : cannotOpen(this.#settings.folder, error)
    }
  }

  async #close(state: Exclude<State, { type: 'closed' }>): Promise<void> {
    switch (state.type) {
      case 'shut':
        return
      case 'open':
        return state.store.close()
      case 'opening': {
        const store = await state.done.catch(() => undefined)
        return store?.close()
      }
    }
  }
}

function cannotOpen(folder: string, error: unknown): PhasegateError<'JOURNAL_FAILED'> {
  const cause = causeOf(error)
  return new PhasegateError(
    'JOURNAL_FAILED',
    `cannot open ${folder}: ${cause}`,
    { operation: 'open', cause },
    { cause: error },
  )
}

function parseFolder(folder: unknown): string {
  if (typeof folder === 'string' && folder !== '' && !folder.includes('\0')) return resolve(folder)
  return refuse('folder', folder, 'the path of a folder')
}
