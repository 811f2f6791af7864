import { promises as fs } from 'node:fs'
import { sha256 } from '../../audit/index.ts'
import { isPhasegateError, PhasegateError } from '../../base/index.ts'
import { causeOf } from '../folder/index.ts'
import { bookmarkLine, parseBookmark } from './line.ts'
import { type Replacement, replaceFile } from './replace.ts'
import { corrupt } from './segment.ts'

/** Texts under names, a small file each. */
export class Bookmarks {
  readonly #options: Omit<Replacement, 'name' | 'write'>
  #moving: Promise<unknown> = Promise.resolve()

  constructor(options: Omit<Replacement, 'name' | 'write'>) {
    this.#options = options
  }

  /** @throws JOURNAL_CORRUPT, JOURNAL_FAILED */
  async read(name: string): Promise<string | undefined> {
    const path = `${this.#options.folder}/${fileOf(name)}`
    let text: string
    try {
      text = await fs.readFile(path, 'utf8')
    } catch (error) {
      if (causeOf(error) === 'ENOENT') return undefined
      throw failed('bookmark', error)
    }
    const value = parseBookmark(text, name)
    if (value === undefined) throw corrupt(path, 1, 'it is not the bookmark that was written')
    return value
  }

  /** One after the other. 'fenced' when the folder has a newer owner. @throws JOURNAL_CORRUPT, JOURNAL_FAILED */
  move(name: string, from: string | undefined, to: string): Promise<boolean | 'fenced'> {
    const moved = this.#moving.then(() => this.#move(name, from, to))
    this.#moving = moved.catch(() => undefined)
    return moved
  }

  async idle(): Promise<void> {
    await this.#moving
  }

  async #move(name: string, from: string | undefined, to: string): Promise<boolean | 'fenced'> {
    if ((await this.read(name)) !== from) return false
    try {
      const text = Buffer.from(bookmarkLine(name, to))
      const write: Replacement['write'] = (file) => file.write(text, 0)
      return (await replaceFile({ ...this.#options, name: fileOf(name), write })) || 'fenced'
    } catch (error) {
      if (await this.#options.isFenced()) return 'fenced'
      throw isPhasegateError(error) ? error : failed('moveBookmark', error)
    }
  }
}

function fileOf(name: string): string {
  return `bookmark-${sha256(name)}`
}

function failed(operation: string, error: unknown): PhasegateError<'JOURNAL_FAILED'> {
  const cause = causeOf(error)
  return new PhasegateError('JOURNAL_FAILED', `${operation}: ${cause}`, { operation, cause }, { cause: error })
}
