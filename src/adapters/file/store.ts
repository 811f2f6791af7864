import { logName, sealAll } from '../../audit/index.ts'
import type { Append, ChainTip, FeedPage, Head, SealedRecord, Settled, Stop, SubjectRef } from '../../ports/index.ts'
import { causeOf } from '../folder/index.ts'
import { checkNumbers, closed, conflict, type Table } from '../resident/index.ts'
import { beat } from './beat.ts'
import { Bookmarks } from './bookmarks.ts'
import type { Claim } from './claim.ts'
import { Drops, type Plan } from './drops.ts'
import { readFeed } from './feed.ts'
import { Fence, refusal } from './fence.ts'
import { readLines } from './history.ts'
import { appendLine } from './line.ts'
import type { Recovery, Stored } from './recover.ts'
import type { Settings } from './settings.ts'
import type { Tail } from './tail.ts'
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
  readonly #recovery: Recovery
  readonly #tail: Tail
  readonly #writer: Writer
  readonly #fence: Fence
  readonly #drops: Drops
  readonly #bookmarks: Bookmarks
  /** Subjects with an append under way: whoever comes second is judged when its outcome is known. */
  readonly #busy = new Map<string, Promise<void>>()
  /** Subjects whose last append may or may not be on disk; none once anything has been stored after it. */
  readonly #doubtful = new Set<string>()

  readonly #stopBeat: Stop
  #isClosed = false

  constructor({ folder, clock, disk, ttlMs }: Settings, { recovery, tail }: Claim) {
    this.#folder = folder
    this.#table = recovery.table
    this.#tips = recovery.tips
    this.#recovery = recovery
    this.#tail = tail
    this.#writer = new Writer(tail)
    this.#fence = new Fence(folder, tail)
    const replacing = { disk, folder, owner: tail.claim, isFenced: () => this.#fence.isClosed() }
    this.#drops = new Drops({ ...replacing, account: () => tail.account }, recovery)
    this.#bookmarks = new Bookmarks(replacing)
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
        return append.drop === undefined ? undefined : this.#finishDrops(log, append)
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

  async renew(subject: SubjectRef, epoch: number, ttlMs: number): Promise<boolean> {
    return !(await this.#fence.isClosed()) && this.#table.renew(subject, epoch, ttlMs)
  }

  async *history(subject: SubjectRef, range: Range): AsyncGenerator<SealedRecord, void, undefined> {
    await this.#makeCertain(subject)
    const { from = 1, to = Number.POSITIVE_INFINITY } = range
    const steps = this.#table.get(subject)?.steps ?? []
    const wanted = steps.filter((step, index) => step.version >= from && (steps[index - 1]?.version ?? 0) < to)
    let n = wanted[0] === undefined ? 0 : (steps[steps.indexOf(wanted[0]) - 1]?.version ?? 0)
    const log = logName(subject)
    for await (const { records } of readLines(this.#folder, wanted)) {
      for (const record of records) if (++n >= from && n <= to) yield this.#drops.shown(log, n, record)
    }
  }

  async *heads(chart: string): AsyncGenerator<{ readonly id: string; readonly head: Head }, void, undefined> {
    await this.#fence.check(chart)
    for (const { id, head } of this.#table.entries(chart)) yield { id, head }
  }

  async abandoned(chart: string, limit: number, id?: string): Promise<readonly string[]> {
    await this.#fence.check(chart)
    return this.#table.abandoned(chart, limit, id)
  }

  async due(chart: string, limit: number): Promise<readonly string[]> {
    await this.#fence.check(chart)
    return this.#table.due(chart, limit)
  }

  async stuck(chart: string, limit: number): Promise<readonly string[]> {
    await this.#fence.check(chart)
    return this.#table.stuck(chart, limit)
  }

  async feed(after: string | undefined, limit: number): Promise<FeedPage> {
    await this.#fence.check('feed')
    const shown = this.#drops.shown.bind(this.#drops)
    return readFeed({ folder: this.#folder, account: this.#tail.account, shown }, after, limit)
  }

  async *tips(): AsyncGenerator<ChainTip, void, undefined> {
    await this.#fence.check('tips')
    for (const { subject, entry } of this.#table.all())
      yield { subject, n: entry.head.version, hash: this.#tips.get(logName(subject)) ?? '' }
  }

  async bookmark(name: string): Promise<string | undefined> {
    await this.#fence.check('bookmark')
    return this.#bookmarks.read(name)
  }

  async moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    await this.#fence.check('bookmark')
    const moved = await this.#bookmarks.move(name, from, to)
    if (moved === 'fenced') throw refusal({ type: 'fenced' }, 'bookmark', undefined)
    return moved
  }

  /** Why what was dropped is not gone from the disk yet; undefined when it is. */
  async finishDrops(): Promise<string | undefined> {
    try {
      await this.#drops.finish()
      return undefined
    } catch (error) {
      return causeOf(error)
    }
  }

  /** Lets appends that are under way end, and gives the folder back. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopBeat()
    await Promise.all([this.#writer.idle(), this.#drops.idle(), this.#bookmarks.idle()])
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
    const plan = append.drop && (await this.#drops.plan(subject, append.drop))
    const records = sealAll(subject, append.records, this.#tips.get(log))
    const outcome = await this.#write(appendLine(subject, append, records, plan?.drop), plan)
    this.#settle(log, outcome)
    if (outcome.type !== 'stored') throw refusal(outcome, log, append)
    const { segment, offset, length } = outcome
    this.#table.store(subject, append, { version: append.head.version, opId: append.opId, segment, offset, length })
    const tip = records.at(-1)
    if (tip !== undefined) this.#tips.set(log, tip.hash)
    if (plan === undefined) return
    this.#recovery.drop(subject, plan.drop)
    await this.#finishDrops(log, append)
  }

  /** The append is stored; what it drops may be on the disk for as long as this has not ended. */
  async #finishDrops(log: string, append: Append): Promise<void> {
    const trouble = await this.finishDrops()
    await this.#fence.check(log, append.head.epoch)
    if (trouble !== undefined) throw refusal({ type: 'unknown', cause: trouble }, log, append)
  }

  /** Who was still waiting for something when the journal was closed has nothing written. */
  #write(line: string, plan?: Plan): Promise<Outcome> {
    if (this.#isClosed) throw closed('append')
    return this.#writer.write(line, plan?.lastSegment)
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
    await this.#fence.check(log, this.#table.get(subject)?.head.epoch)
    if (await this.#isCertain(log)) return
    throw refusal({ type: 'failed', cause: 'an earlier write is in doubt, and the disk still fails' }, log, undefined)
  }
}
