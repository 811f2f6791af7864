import { causeOf, type DiskFile, type Owner } from '../folder/index.ts'
import { type Account, accountLine, ownerLine, RELEASED } from './line.ts'
import { segmentName } from './segment.ts'
import type { Settings } from './settings.ts'

/** A segment that is written. `size` is what counts; a failed write may have left bytes beyond it. */
export interface OpenSegment {
  readonly number: number
  readonly file: DiskFile
  size: number
}

/** Why bytes were not stored. */
export type Trouble =
  /** They are not stored, and never will be. */
  | { readonly type: 'failed'; readonly cause: string }
  /** Should this process die before writing works again, the next owner may find them stored. */
  | { readonly type: 'unknown'; readonly cause: string }
  | { readonly type: 'fenced' }

type Stored = { readonly type: 'stored'; readonly segment: number; readonly offset: number }

/** `broken`: the segment's end cannot be trusted; only a new segment, whose account leaves it out, can be written. */
type State = 'good' | 'broken' | 'fenced'

export interface Start {
  readonly settings: Settings
  readonly owner: Owner
  readonly segment: OpenSegment
  /** How many bytes of each earlier segment count. */
  readonly former: Account
}

const FENCED: Trouble = { type: 'fenced' }

/** The end of the journal: bytes go on here and nowhere else, one write at a time. */
export class Tail {
  /** The number of the segment by which the folder was claimed: no other owner has it. */
  readonly claim: number
  readonly #settings: Settings
  readonly #owner: Owner
  #segment: OpenSegment
  #former: Account
  /** Created but not begun: a disk may fail between the two. */
  #next: OpenSegment | undefined
  /** While the disk makes the next segment. */
  #creating: Promise<OpenSegment | undefined> | undefined
  #state: State = 'good'

  constructor({ settings, owner, segment, former }: Start) {
    this.claim = segment.number
    this.#settings = settings
    this.#owner = owner
    this.#segment = segment
    this.#former = former
  }

  /** How many bytes of each segment count, that which is written last. */
  get account(): Account {
    return [...this.#former, [this.#segment.number, this.#segment.size]]
  }

  /**
   * Stores bytes durably, and only then looks for a successor: looked for before, what it never saw would be lost. They
   * stand in a segment after `beyond`.
   */
  async append(bytes: Uint8Array, beyond = 0): Promise<Stored | Trouble> {
    if (this.#state === 'fenced') return FENCED
    const mustRoll = this.#state === 'broken' || this.#isFull(bytes) || this.#segment.number <= beyond
    try {
      if (mustRoll && !(await this.#roll())) return FENCED
    } catch (error) {
      return { type: 'failed', cause: causeOf(error) }
    }
    const { number, file, size } = this.#segment
    try {
      await file.write(bytes, size)
    } catch (error) {
      return this.#takeBack(causeOf(error))
    }
    try {
      await file.datasync()
      if (this.#checkFenced()) return FENCED
    } catch (error) {
      return this.#leaveOut(causeOf(error))
    }
    this.#segment.size += bytes.length
    return { type: 'stored', segment: number, offset: size }
  }

  /**
   * Whether the folder has a newer owner, as the disk says now. Once it has, it stays so. For who does not write: a
   * segment that is just being made here could be taken for a successor's, so that is waited for.
   */
  async isFenced(): Promise<boolean> {
    while (this.#creating !== undefined) await this.#creating.catch(() => undefined)
    return this.#checkFenced()
  }

  #checkFenced(): boolean {
    const newest = this.#next ?? this.#segment
    if (this.#state !== 'fenced' && this.#settings.disk.exists(this.#path(newest.number + 1))) this.#state = 'fenced'
    return this.#state === 'fenced'
  }

  /** The sign of life that others judge this owner by. False once there is a newer one. */
  async beat(): Promise<boolean> {
    if (await this.isFenced()) return false
    await (this.#next ?? this.#segment).file.touch()
    return true
  }

  /** Gives the folder back. That is a courtesy, not a promise: who finds no release sees that the process is gone. */
  async close(): Promise<void> {
    const { file, size } = this.#segment
    if (this.#state === 'good') await file.write(Buffer.from(RELEASED), size).catch(() => undefined)
    await this.#next?.file.close()
    await file.close()
  }

  /** Undoes a write that failed half-way. Not under a successor, which may have accounted for some of it. */
  async #takeBack(cause: string): Promise<Trouble> {
    const { file, size } = this.#segment
    try {
      if (this.#checkFenced()) return FENCED
      await file.truncate(size)
      await file.datasync()
      return { type: 'failed', cause }
    } catch {
      return this.#leaveOut(cause)
    }
  }

  /** A sync that failed tells nothing about what is on disk: the bytes are left behind, where no account includes them. */
  async #leaveOut(cause: string): Promise<Trouble> {
    this.#state = 'broken'
    try {
      return (await this.#roll()) ? { type: 'failed', cause } : FENCED
    } catch {
      return { type: 'unknown', cause }
    }
  }

  /** Goes on in a new segment, whose account says how much of this one counts; false when another was faster. */
  async #roll(): Promise<boolean> {
    const { disk, folder } = this.#settings
    this.#next ??= await this.#createNext()
    if (this.#next === undefined) return false
    const { number, file } = this.#next
    this.#state = 'broken'
    await disk.syncFolder(folder)
    const former = this.account
    const bytes = Buffer.from(ownerLine(this.#owner) + accountLine(former, 0))
    await file.write(bytes, 0)
    await file.datasync()
    if (this.#checkFenced()) return false
    await this.#segment.file.close().catch(() => undefined)
    this.#segment = { number, file, size: bytes.length }
    this.#former = former
    this.#next = undefined
    this.#state = 'good'
    return true
  }

  async #createNext(): Promise<OpenSegment | undefined> {
    this.#creating = this.#create(this.#segment.number + 1)
    try {
      this.#next = await this.#creating
      return this.#next
    } finally {
      this.#creating = undefined
    }
  }

  /** Nobody but a successor makes the next segment of an owner. */
  async #create(number: number): Promise<OpenSegment | undefined> {
    try {
      return { number, file: await this.#settings.disk.create(this.#path(number)), size: 0 }
    } catch (error) {
      if (causeOf(error) !== 'EEXIST') throw error
      this.#state = 'fenced'
      return undefined
    }
  }

  #isFull(bytes: Uint8Array): boolean {
    return bytes.length > 0 && this.#segment.size + bytes.length > this.#settings.segmentBytes
  }

  #path(number: number): string {
    return `${this.#settings.folder}/${segmentName(number)}`
  }
}
