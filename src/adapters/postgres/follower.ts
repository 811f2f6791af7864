import { refuse } from '../../base/index.ts'
import type { ChainTip, Feed, FeedPage } from '../../ports/index.ts'
import { checkMarks } from './fitness.ts'
import type { Ask } from './renewals.ts'
import type { Statements } from './statements.ts'
import { fromStored, toStored } from './text.ts'

export interface FollowerOptions {
  readonly schema: string
  readonly statements: Statements
  readonly ask: Ask
}

/** What is read at a time where there may be much. */
const PAGE = 500
/** A place in the feed: the mark, the subject and the number of the record that was given last. */
type Place = readonly [mark: string, subject: string, n: string]
const CURSOR = /^(\d{1,18}):(\d{1,18}):(\d{1,18})$/
const BEGINNING: Place = ['-1', '0', '0']

/** Gives out all that was recorded, in an order to which nothing is ever added but at its end. */
export class Follower implements Feed {
  readonly #options: FollowerOptions

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** @throws OPTION_INVALID; JOURNAL_UNFIT when the tables were moved here from another server; JOURNAL_FAILED */
  async feed(after: string | undefined, limit: number): Promise<FeedPage> {
    const { ask, statements } = this.#options
    const place = placeOf(after)
    const found = await ask('feed', statements.feed, [...place, limit + 1])
    const withheld = found.length === 0 && (await this.#withholds(place))
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    return {
      entries: rows.map(({ chart, id, header, payload, hash }) => ({
        subject: { chart: fromStored(String(chart)), id: fromStored(String(id)) },
        sealed: { header: String(header), payload: String(payload), hash: String(hash) },
      })),
      cursor: last === undefined ? after : `${last.mark}:${last.subject}:${last.n}`,
      more: found.length > rows.length,
      withheld,
    }
  }

  async *tips(): AsyncIterable<ChainTip> {
    const { ask, statements } = this.#options
    for (let last: readonly [string, string] = ['', '']; ; ) {
      const rows = await ask('tips', statements.tips, [...last, PAGE])
      for (const { chart, id, version, tip } of rows) {
        last = [String(chart), String(id)]
        const subject = { chart: fromStored(last[0]), id: fromStored(last[1]) }
        yield { subject, n: Number(version), hash: String(tip) }
      }
      if (rows.length < PAGE) return
    }
  }

  async bookmark(name: string): Promise<string | undefined> {
    const { ask, statements } = this.#options
    const [row] = await ask('bookmark', statements.bookmark, [toStored(name)])
    return row === undefined ? undefined : fromStored(String(row.value))
  }

  async moveBookmark(name: string, from: string | undefined, to: string): Promise<boolean> {
    const { ask, statements } = this.#options
    const moved =
      from === undefined
        ? await ask('moveBookmark', statements.setBookmark, [toStored(name), toStored(to)])
        : await ask('moveBookmark', statements.moveBookmark, [toStored(name), toStored(from), toStored(to)])
    return moved.length > 0
  }

  /**
   * Whether there is something behind a place where nothing is given out: it waits for the end of a transaction. Ids of
   * another server it would wait for in vain.
   */
  async #withholds([mark]: Place): Promise<boolean> {
    const { ask, statements, schema } = this.#options
    const [row] = await ask('feed', statements.lastMark, [])
    checkMarks(schema, row)
    return row !== undefined && BigInt(String(row.mark)) > BigInt(mark)
  }
}

function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return BEGINNING
  const [, mark, subject, n] = CURSOR.exec(cursor) ?? []
  if (mark !== undefined && subject !== undefined && n !== undefined) return [mark, subject, n]
  return refuse('the cursor', cursor, 'one that feed() of this journal gave')
}
