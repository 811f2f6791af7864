type Sort = 'flip' | 'owner' | 'trace' | 'uuid'

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
const INSTANT = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})/g

/** A shorter id may be a word that somebody has written. */
const LEAST = 8

/** Names for what is another in every run, in the order in which it is met. */
export class Masks {
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<Sort, number>()

  /** `flip-1` for the first flip, and again for the same. */
  name(sort: Sort, id: string): string {
    const known = this.#names.get(id)
    if (known !== undefined) return known
    const count = (this.#counts.get(sort) ?? 0) + 1
    this.#counts.set(sort, count)
    const name = `${sort}-${count}`
    this.#names.set(id, name)
    return name
  }

  /** A user's text, in which ids that were met, UUIDs and points in time are named. */
  in(text: string): string {
    return this.#met(text)
      .replaceAll(INSTANT, '<instant>')
      .replaceAll(UUID, (uuid) => this.name('uuid', uuid.toLowerCase()))
  }

  #met(text: string): string {
    const ids = [...this.#names.keys()].filter((id) => id.length >= LEAST && text.includes(id))
    if (ids.length === 0) return text
    const longestFirst = ids.sort((a, b) => b.length - a.length).map(escaped)
    const pattern = new RegExp(`(?<![\\w-])(?:${longestFirst.join('|')})(?!\\w)`, 'g')
    return text.replaceAll(pattern, (id) => this.#names.get(id) ?? id)
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
