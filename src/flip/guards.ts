import { formatMs, messageOf, textOf, unreachable } from '../base/index.ts'
import { Denial, type GuardSpec } from '../chart/index.ts'
import type { PartWatch } from '../ports/index.ts'
import { Abort, type Attempt, attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import type { Place } from './reentrancy.ts'
import { type GuardAsked, GuardScope } from './scope.ts'

/** A guard's no. */
export interface Refusal {
  readonly guard: string
  readonly by: 'guard' | 'policy'
  readonly reason: string
}

/** Asks one guard. A throw, a timeout, and anything but exactly `true` is a no; undefined is a yes. */
export async function refusalBy(
  engine: Engine,
  subject: Place,
  guard: GuardSpec,
  asked: GuardAsked,
): Promise<Refusal | undefined> {
  return refusalOf(guard, await ask(engine, subject, guard, asked))
}

/** Asks the guards in order, up to the first no; undefined when all said yes. */
export async function firstRefusal(
  engine: Engine,
  subject: Place,
  guards: readonly GuardSpec[],
  asked: GuardAsked,
): Promise<Refusal | undefined> {
  for (const guard of guards) {
    const refusal = refusalOf(guard, await ask(engine, subject, guard, asked))
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function ask(engine: Engine, subject: Place, guard: GuardSpec, asked: GuardAsked): Attempt | Promise<Attempt> {
  const abort = new Abort()
  const check = (): unknown => guard.check(new GuardScope(asked, abort))
  const part = asked.watch?.begin({ kind: 'guard', name: guard.name })
  const ended = attempt(engine, {
    subject,
    flipId: undefined,
    place: `guard "${guard.name}"`,
    work: part === undefined ? check : () => part.run(check),
    abort,
    timeoutMs: guard.timeoutMs,
  })
  return part === undefined ? ended : tell(part, guard, ended)
}

async function tell(part: PartWatch, guard: GuardSpec, asked: Attempt | Promise<Attempt>): Promise<Attempt> {
  const ended = await asked
  const message = refusalIn(ended, guard)
  const cause = ended.type === 'threw' ? ended.error : undefined
  part.ended(message === undefined ? undefined : { code: 'GUARD_REFUSED', message, cause })
  return ended
}

function refusalOf(guard: GuardSpec, ended: Attempt): Refusal | undefined {
  const reason = refusalIn(ended, guard)
  if (reason === undefined) return undefined
  return { guard: guard.name, by: guard.policy === undefined ? 'guard' : 'policy', reason }
}

/** Why what was asked for a yes has not said so; undefined when it has. */
export function refusalIn(ended: Attempt, { timeoutMs }: Pick<GuardSpec, 'timeoutMs'>): string | undefined {
  switch (ended.type) {
    case 'returned':
      if (ended.value === true) return undefined
      return ended.value instanceof Denial ? textOf(ended.value.reason) : `it answered ${textOf(ended.value)}, not true`
    case 'threw':
      return `it threw: ${messageOf(ended.error)}`
    case 'timedOut':
      return `it did not answer within ${formatMs(timeoutMs)}`
    case 'interrupted':
      return 'it was interrupted'
    default:
      return unreachable(ended)
  }
}
