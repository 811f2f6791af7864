import type { Reading } from '../evidence.ts'

/** What a check has found: how much it looked at, and what is wrong. */
export interface Finding {
  readonly looked: number
  readonly problems: readonly string[]
}

/** Something that must hold when everything is over. Its name is the sentence that holds. */
export interface Check {
  readonly name: string
  readonly run: (reading: Reading) => Finding | Promise<Finding>
}

/** Looks at every item; each may have something wrong with it. */
export function each<Item>(items: Iterable<Item>, look: (item: Item) => Iterable<string>): Finding {
  let looked = 0
  const problems: string[] = []
  for (const item of items) {
    looked += 1
    problems.push(...look(item))
  }
  return { looked, problems }
}
