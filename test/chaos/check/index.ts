import { type Evidence, readingOf } from '../evidence.ts'
import { ANSWER_CHECKS } from './answers.ts'
import type { Check, Finding } from './check.ts'
import { EFFECT_CHECKS } from './effects.ts'
import { JOURNAL_CHECKS } from './journal.ts'
import { KEY_CHECKS } from './keys.ts'

/** All that must hold of what is left when everything is over. */
export const CHECKS: readonly Check[] = [...JOURNAL_CHECKS, ...ANSWER_CHECKS, ...KEY_CHECKS, ...EFFECT_CHECKS]

export interface Judgement extends Finding {
  readonly name: string
}

export async function judge(evidence: Evidence): Promise<readonly Judgement[]> {
  const reading = readingOf(evidence)
  return Promise.all(CHECKS.map(async ({ name, run }) => ({ name, ...(await run(reading)) })))
}
