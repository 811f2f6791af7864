import type { FlipSpec } from '../chart/index.ts'
import { firstRefusal, type GuardAsked, type Refusal, refusalBy } from '../flip/index.ts'
import type { BreakGlass } from '../ports/index.ts'
import type { Desk } from './desk.ts'

/** What the guards said. `passed`: the policies whose no does not count. */
export interface Judged {
  readonly refused: Refusal | undefined
  readonly passed: BreakGlass['passed']
}

const NONE: readonly never[] = []

/** Of a flip that has no guards. */
export const ALL_SAY_YES: Judged = { refused: undefined, passed: NONE }

/** Asks the guards. Where the glass is broken a policy's no is noted, not heeded; a plain guard's is a no. */
export async function judge(
  { core, log }: Desk,
  { guards }: FlipSpec,
  asked: GuardAsked,
  breaksGlass: boolean,
): Promise<Judged> {
  if (!breaksGlass) {
    const refused = await firstRefusal(core.engine, log, guards, asked)
    return refused === undefined ? ALL_SAY_YES : { refused, passed: NONE }
  }
  const plain = guards.filter((guard) => guard.policy === undefined)
  const refused = await firstRefusal(core.engine, log, plain, asked)
  if (refused !== undefined) return { refused, passed: NONE }
  // All at once: in an emergency nobody waits for one after another.
  const policies = guards.filter((guard) => guard.policy !== undefined)
  const answers = await Promise.all(policies.map((policy) => refusalBy(core.engine, log, policy, asked)))
  return { refused, passed: noted(answers.filter((no) => no !== undefined)) }
}

/** Refusals by policies, as they are recorded when they are passed. */
export function noted(refusals: readonly Refusal[]): BreakGlass['passed'] {
  return refusals.map(({ guard, reason }) => ({ policy: guard, reason }))
}
