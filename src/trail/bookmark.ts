import { canonical, PhasegateError } from '../base/index.ts'

/** How far a sink is, as the journal keeps it for whoever delivers next. */
export interface Mark {
  /** Where the feed goes on. */
  readonly after: string | undefined
  /** Records delivered so far, by all processes. What came twice counts twice. */
  readonly delivered: number
  /** Wall ms of the last delivery. */
  readonly at: number | undefined
}

/** Before anything was delivered. */
const NOTHING: Mark = { after: undefined, delivered: 0, at: undefined }

/** The text of a bookmark. */
export function bookmarkOf({ after, delivered, at }: Mark): string {
  return canonical({ after, at, delivered, v: 1 })
}

/** @throws JOURNAL_UNFIT for what another version, or somebody else, keeps there */
export function markOf(name: string, text: string | undefined): Mark {
  if (text === undefined) return NOTHING
  const { v, after, delivered, at } = membersOf(text)
  const isMark =
    v === 1 && isOr('string', after) && isOr('number', at) && typeof delivered === 'number' && delivered >= 0
  if (isMark) return { after: after as Mark['after'], delivered, at: at as Mark['at'] }
  return unfit(name, text)
}

/** The members of a bookmark's text; none when it is not JSON. */
export function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** What is thrown at a bookmark that no trail can have left. */
export function unfit(name: string, text: string): never {
  const found = `the bookmark "${name}" says ${JSON.stringify(text.slice(0, 100))}`
  const expected = 'what this version of a trail keeps there'
  throw new PhasegateError('JOURNAL_UNFIT', `${found}; expected ${expected}`, { found, expected })
}

function isOr(type: 'string' | 'number', value: unknown): boolean {
  return value === undefined || typeof value === type
}
