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
  const abort = new Abort()
  const ended = await attempt(engine, {
    subject,
    place: `guard "${guard.name}"`,
    work: () => guard.check(new GuardScope(asked, abort)),
    abort,
    timeoutMs: guard.timeoutMs,
  })
  return { guard: guard.name, refusal: refusalIn(ended, guard) }
}

/** Asks the guards in order, up to the first no; undefined when all said yes. */
export async function firstRefusal(
  engine: Engine,
  subject: object,
  spec: FlipSpec,
  asked: Asked,
): Promise<{ readonly guard: string; readonly reason: string } | undefined> {
  for (const guard of spec.guards) {
    const { refusal } = await askGuard(engine, subject, guard, asked)
    if (refusal !== undefined) return { guard: guard.name, reason: refusal }
  }
  return undefined
}

function refusalIn(ended: Attempt, guard: GuardSpec): string | undefined {
  switch (ended.type) {
    case 'returned':
      if (ended.value === true) return undefined
      return ended.value instanceof Denial ? textOf(ended.value.reason) : `it answered ${textOf(ended.value)}, not true`
    case 'threw':
      return `it threw: ${messageOf(ended.error)}`
    case 'timedOut':
      return `it did not answer within ${formatMs(guard.timeoutMs)}`
    case 'interrupted':
      return 'it was interrupted'
    default:
      return unreachable(ended)
  }
}
