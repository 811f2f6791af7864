import { isPhasegateError, messageOf } from '../base/index.ts'

/** Set while nothing succeeds. */
export interface Trouble {
  /** Wall ms. */
  readonly since: number
  /** In a row. */
  readonly tries: number
  readonly cause: string
}

/** One more failure. */
export function worse(trouble: Trouble | undefined, cause: string, now: number): Trouble {
  return { since: trouble?.since ?? now, tries: (trouble?.tries ?? 0) + 1, cause }
}

/** What people are told of a failure: the code first, where there is one. */
export function causeOf(error: unknown): string {
  return isPhasegateError(error) ? `${error.code}: ${error.message}` : messageOf(error)
}
