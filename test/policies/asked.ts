import { Denial, type GuardAnswer, type GuardContext } from 'phasegate'

/** A context as a guard gets it; `at` is a moment as people write it. */
export function asked(at: string, how: Partial<GuardContext> = {}): GuardContext {
  return {
    deps: undefined,
    input: undefined,
    subject: 'db-7',
    flip: 'cutover',
    from: 'old',
    to: 'new',
    actor: { id: 'kim' },
    signal: new AbortController().signal,
    at: Date.parse(at),
    rolledBack: [],
    approvals: [],
    ...how,
  }
}

/** Yes as true, no as its reason. */
export async function told(
  guard: (context: GuardContext) => GuardAnswer,
  context: GuardContext,
): Promise<true | string> {
  const answer = await guard(context)
  if (answer === true) return true
  if (answer instanceof Denial) return answer.reason
  throw new TypeError(`a policy answered ${String(answer)}`)
}
