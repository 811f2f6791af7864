/** What a matcher has found out. Plain sentences without colours: they are read in logs as well. */
export interface Judged {
  /** `unclear` fails either way: nothing was shown, neither that it is so nor that it is not. */
  readonly is: 'so' | 'not so' | 'unclear'
  readonly who: string
  /** `be in phase "draining"`. */
  readonly asked: string
  /** What is there, and what would have been allowed, a line each. */
  readonly found: readonly string[]
}

/** As vitest takes it. */
export interface Matched {
  readonly pass: boolean
  message(): string
}

export function matched({ is, who, asked, found }: Judged, isNot: boolean): Matched {
  const message = [`expected ${who} ${isNot ? 'not to' : 'to'} ${asked}`, ...found].join('\n  ')
  return { pass: is === 'unclear' ? isNot : is === 'so', message: () => message }
}
