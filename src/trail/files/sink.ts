import { promises as fs } from 'node:fs'
import { resolve } from 'node:path'
import { type Disk, type DiskFile, realDisk } from '../../adapters/folder/index.ts'
import { type Duration, known, limit, messageOf, positiveInteger, systemClock } from '../../base/index.ts'
import type { AuditEntry, AuditSink, Clock } from '../../ports/index.ts'
import { Claim, owned } from './claim.ts'
import { entryLine, parseEntry } from './line.ts'
import { LinesFile } from './lines-file.ts'
import { retire } from './retire.ts'
import { listSegments, segmentName } from './segment.ts'
import { readTail } from './tail.ts'
import { parsePath, sinkClosed, sinkFailed } from './trouble.ts'
import { Turns } from './turns.ts'

const DEFAULT_BYTES = 64 * 1024 * 1024
/** How much of the last file is looked at for entries that come again. */
const WINDOW = 1024 * 1024
const TTL_MS = 15_000

export interface FileSinkOptions {
  /** A file that would grow beyond this is followed by the next. @default 64 MiB */
  readonly maxBytes?: number | undefined
  /** So is a file that was begun so long ago. @default no limit */
  readonly maxAge?: Duration | undefined
  /** Files that were last written longer ago than this are removed, whole. @default they stay */
  readonly keep?: Duration | undefined
  /** @default the clock of this machine */
  readonly clock?: Clock | undefined
}

/** Records as lines of JSON in numbered files of a folder. */
export interface FileSink extends AuditSink {
  /** Gives the folder back. Whoever made the sink closes it, after the trail. */
  close(): Promise<void>
}

/**
 * A sink that writes lines of JSON into `audit-000001.jsonl` and so on, each entry on disk before `write` resolves. One
 * process at a time writes in a folder; it is claimed with the first write.
 *
 * @throws SINK_OWNED, SINK_FAILED from `write`
 */
export function fileSink(folder: string, options: FileSinkOptions = {}): FileSink {
  return createFileSink(folder, options, realDisk)
}

/** The same, on any disk. */
export function createFileSink(folder: string, options: FileSinkOptions, disk: Disk): FileSink {
  const given = known(options, 'fileSink options', ['maxBytes', 'maxAge', 'keep', 'clock'])
  return new NumberedFiles({
    folder: resolve(parsePath(folder, 'folder')),
    disk,
    clock: options.clock ?? systemClock,
    maxBytes: positiveInteger(given.maxBytes ?? DEFAULT_BYTES, 'maxBytes'),
    maxAgeMs: given.maxAge === undefined ? Number.POSITIVE_INFINITY : limit(given.maxAge, 'maxAge', 0),
    keepMs: given.keep === undefined ? Number.POSITIVE_INFINITY : limit(given.keep, 'keep', 0),
  })
}

interface Settings {
  readonly folder: string
  readonly disk: Disk
  readonly clock: Clock
  readonly maxBytes: number
  readonly maxAgeMs: number
  readonly keepMs: number
}

/** The file that is written. */
interface Segment {
  readonly number: number
  readonly lines: LinesFile
  /** Wall ms. */
  readonly begunAt: number
  /** Whether its name would survive a loss of power. */
  isNamed: boolean
}

type State =
  | { readonly type: 'shut' }
  | { readonly type: 'open'; readonly claim: Claim; segment: Segment | undefined; last: number; repeats: Set<string> }
  | { readonly type: 'closed' }

type Open = Extract<State, { type: 'open' }>

class NumberedFiles implements FileSink {
  readonly #settings: Settings
  readonly #turns = new Turns()
  #state: State = { type: 'shut' }

  constructor(settings: Settings) {
    this.#settings = settings
  }

  write(entries: readonly AuditEntry[]): Promise<void> {
    return this.#turns.take(async () => {
      try {
        await this.#write(await this.#open(), entries)
      } catch (error) {
        throw sinkFailed(this.#settings.folder, error)
      }
    })
  }

  close(): Promise<void> {
    return this.#turns.take(async () => {
      const state = this.#state
      this.#state = { type: 'closed' }
      if (state.type !== 'open') return
      await state.segment?.lines.close()
      await state.claim.release()
    })
  }

  async #write(open: Open, entries: readonly AuditEntry[]): Promise<void> {
    await this.#assertOwned(open)
    const fresh = entries.filter((entry) => !open.repeats.has(nameOf(entry)))
    if (fresh.length === entries.length) open.repeats.clear()
    const lines = fresh.map(entryLine).join('')
    if (lines === '') return
    const segment = await this.#room(open, Buffer.byteLength(lines))
    await segment.lines.append(lines)
    // Looked for before the write, a successor that came meanwhile would not have seen what is acknowledged here.
    await this.#assertOwned(open)
    await open.claim.touch()
  }

  async #open(): Promise<Open> {
    switch (this.#state.type) {
      case 'open':
        return this.#state
      case 'closed':
        throw sinkClosed(this.#settings.folder)
      case 'shut': {
        const { folder, disk } = this.#settings
        await fs.mkdir(folder, { recursive: true })
        const claim = await Claim.take(folder, disk, TTL_MS)
        try {
          this.#state = await this.#goOn(claim)
          return this.#state
        } catch (error) {
          await claim.release()
          throw error
        }
      }
    }
  }

  /** Where the last writer left off. A file of a writer that may only sleep is not touched. */
  async #goOn(claim: Claim): Promise<Open> {
    const { folder, disk } = this.#settings
    const last = (await listSegments(folder)).at(-1)
    if (last === undefined) return { type: 'open', claim, segment: undefined, last: 0, repeats: new Set() }
    const path = `${folder}/${segmentName(last)}`
    const { size, birthtimeMs } = await fs.stat(path)
    const { end, lines } = await readTail(path, WINDOW)
    const repeats = new Set(lines.map(parseEntry).flatMap((entry) => (typeof entry === 'string' ? [] : nameOf(entry))))
    const segment = claim.alone
      ? {
          number: last,
          lines: new LinesFile(await disk.open(path), end, end < size),
          begunAt: birthtimeMs,
          isNamed: false,
        }
      : undefined
    return { type: 'open', claim, segment, last, repeats }
  }

  /** The file that has room for so many bytes. */
  async #room(open: Open, bytes: number): Promise<Segment> {
    const { segment } = open
    const wanted = segment === undefined || this.#isFull(segment, bytes) ? await this.#begin(open) : segment
    if (!wanted.isNamed) await this.#settings.disk.syncFolder(this.#settings.folder)
    wanted.isNamed = true
    return wanted
  }

  #isFull({ lines, begunAt }: Segment, bytes: number): boolean {
    const { clock, maxBytes, maxAgeMs } = this.#settings
    if (lines.size === 0) return false
    return lines.size + bytes > maxBytes || clock.now() - begunAt > maxAgeMs
  }

  async #begin(open: Open): Promise<Segment> {
    const { number, file } = await this.#create(open.last + 1)
    await open.segment?.lines.close().catch(() => undefined)
    open.segment = { number, lines: new LinesFile(file, 0, false), begunAt: this.#settings.clock.now(), isNamed: false }
    open.last = number
    await this.#retire()
    return open.segment
  }

  /** A writer that was taken for gone may have made the file of this number: it is left to it. */
  async #create(number: number): Promise<{ readonly number: number; readonly file: DiskFile }> {
    const { folder, disk } = this.#settings
    try {
      return { number, file: await disk.create(`${folder}/${segmentName(number)}`) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      return this.#create(number + 1)
    }
  }

  /** What cannot be removed is a matter for people, and keeps nothing from being written. */
  async #retire(): Promise<void> {
    const { folder, clock, keepMs } = this.#settings
    if (keepMs === Number.POSITIVE_INFINITY) return
    await retire(folder, clock.now() - keepMs).catch((error: unknown) => {
      process.emitWarning(`${folder}: old files stay: ${messageOf(error)}`, 'PhasegateWarning')
    })
  }

  async #assertOwned(open: Open): Promise<void> {
    if (!open.claim.isLost()) return
    this.#state = { type: 'shut' }
    await open.segment?.lines.close().catch(() => undefined)
    await open.claim.abandon().catch(() => undefined)
    throw owned(this.#settings.folder, 'a process that took it over')
  }
}

function nameOf({ log, n, hash }: AuditEntry): string {
  return `${hash} ${n} ${log}`
}
