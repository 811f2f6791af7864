import { appendCases } from './journal-append-cases.ts'
import { askCases } from './journal-ask-cases.ts'
import { bookmarkCases } from './journal-bookmark-cases.ts'
import type { JournalCase } from './journal-case.ts'
import { dropCases } from './journal-drop-cases.ts'
import { feedCases } from './journal-feed-cases.ts'

export type { JournalCase, JournalHarness } from './journal-case.ts'

/**
 * What every journal has to pass, as data, for any test runner.
 *
 * @example
 * for (const { promise, name, run } of journalContract) test(`${promise}: ${name}`, async () => run(await myHarness()))
 */
export const journalContract: readonly JournalCase[] = [
  ...appendCases,
  ...askCases,
  ...dropCases,
  ...feedCases,
  ...bookmarkCases,
].sort((a, b) => a.promise - b.promise)
