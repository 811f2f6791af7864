import { formatMs, messageOf, textOf, unreachable } from '../base/index.ts'
import { Denial, type FlipSpec, type GuardSpec } from '../chart/index.ts'
import { Abort, type Attempt, attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import { type Asked, GuardScope } from './scope.ts'

/** A guard's answer. No reason is a yes. */
export interface GuardAnswered {
  readonly guard: string
  readonly refusal: string | undefined
}

/** Asks one guard. A throw, a timeout, and anything but exactly `true` is a no. */
export async function askGuard(
  engine: Engine,
  subject: object,
  guard: GuardSpec,
  asked: Asked,
): Promise<GuardAnswered> {
  return { guard: guard.name, refusal: refusalIn(await ask(engine, subject, guard, asked), guard) }
}

/** Asks the guards in order, up to the first no; undefined when all said yes. */
export async function firstRefusal(
  engine: Engine,
  subject: object,
  spec: FlipSpec,
  asked: Asked,
): Promise<{ readonly guard: string; readonly reason: string } | undefined> {
  for (const guard of spec.guards) {
    const reason = refusalIn(await ask(engine, subject, guard, asked), guard)
    if (reason !== undefined) return { guard: guard.name, reason }
  }
  return undefined
}

function ask(engine: Engine, subject: object, guard: GuardSpec, asked: Asked): Attempt | Promise<Attempt> {
  const abort = new Abort()
  return attempt(engine, {
    subject,
    place: `guard "${guard.name}"`,
    work: () => guard.check(new GuardScope(asked, abort)),
    abort,
    timeoutMs: guard.timeoutMs,
  })
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
