import { formatMs, messageOf, textOf, unreachable } from '../base/index.ts'
import { Denial, type GuardSpec } from '../chart/index.ts'
import { Abort, type Attempt, attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
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
  subject: object,
  guard: GuardSpec,
  asked: GuardAsked,
): Promise<Refusal | undefined> {
  return refusalOf(guard, await ask(engine, subject, guard, asked))
}

/** Asks the guards in order, up to the first no; undefined when all said yes. */
export async function firstRefusal(
  engine: Engine,
  subject: object,
  guards: readonly GuardSpec[],
  asked: GuardAsked,
): Promise<Refusal | undefined> {
  for (const guard of guards) {
    const refusal = refusalOf(guard, await ask(engine, subject, guard, asked))
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function ask(engine: Engine, subject: object, guard: GuardSpec, asked: GuardAsked): Attempt | Promise<Attempt> {
  const abort = new Abort()
  return attempt(engine, {
    subject,
    place: `guard "${guard.name}"`,
    work: () => guard.check(new GuardScope(asked, abort)),
    abort,
    timeoutMs: guard.timeoutMs,
  })
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
