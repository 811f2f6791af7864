import { isDeepStrictEqual } from 'node:util'
import { describe } from '../../base/index.ts'
import type { FlipSpec, StepSpec } from '../../chart/index.ts'
import type { Seen, SeenCall } from './trial.ts'

/** What an undisturbed run has shown. */
export interface Calm {
  readonly before: unknown
  readonly after: unknown
}

/** What is wrong with how a run has ended; nothing, where all holds. Pure. */
export function problemsOf(seen: Seen, { flip, from, calm }: { flip: FlipSpec; from: string; calm: Calm }): string[] {
  return [
    ...unsettled(seen, flip, from),
    ...notUndone(seen, flip, from),
    ...twice(seen, flip),
    ...misled(seen, flip, from),
    ...elsewhere(seen, flip, { from, calm }),
    ...seen.broken,
  ]
}

/** A flip ends where it began or where it leads. */
function unsettled({ head }: Seen, { to, name }: FlipSpec, from: string): string[] {
  const { flip, phase } = head
  if (flip?.course.type === 'stuck') {
    const { step, failure } = flip.course
    return [`flip "${name}" is stuck in "${step}": ${failure.code}, ${failure.message}`]
  }
  if (flip !== undefined) return [`flip "${name}" is still in progress, and nobody goes on with it`]
  return phase === from || phase === to ? [] : [`the subject is in "${phase}", neither in "${from}" nor in "${to}"`]
}

/**
 * On the way back every step that began, whether or not it is known to have ended, is undone after it. What an owner
 * begins when a newer one has undone the step already is for the outside to refuse.
 */
function notUndone({ head, calls, history }: Seen, { steps }: FlipSpec, from: string): string[] {
  const isBack = head.phase === from && history.some(({ kind }) => kind === 'rolledBack')
  if (!isBack) return []
  return steps.flatMap((step) => {
    const began = calls.findIndex((call, at) => isOf(call, 'step', step) && !isLate(call, calls.slice(0, at)))
    if (step.compensate === undefined || step.atomic || began === -1) return []
    const isUndone = calls.slice(began).some((call) => isOf(call, 'undo', step) && call.ended === 'returned')
    return isUndone ? [] : [`step "${step.name}" began, and its undo was never done`]
  })
}

/** Whether a newer owner has been at work on the way back before it. */
function isLate({ epoch = 0 }: SeenCall, earlier: readonly SeenCall[]): boolean {
  return earlier.some((call) => call.part.kind === 'undo' && (call.epoch ?? 0) > epoch)
}

/** What runs at most once has not run again under its key. */
function twice({ calls }: Seen, { steps }: FlipSpec): string[] {
  const once = steps.filter((step) => step.once)
  return once.flatMap((step) => {
    const keys = calls.filter((call) => isOf(call, 'step', step)).map(({ stepKey }) => stepKey)
    return new Set(keys).size === keys.length ? [] : [`step "${step.name}" runs at most once, and ran again`]
  })
}

/** A caller that was told of an outcome was told the truth. */
function misled({ answer, head }: Seen, { name, to }: FlipSpec, from: string): string[] {
  if (answer === undefined || from === to) return []
  if (answer.success && head.phase !== to) {
    return [`the caller was told that "${name}" is committed, and the subject is in "${head.phase}"`]
  }
  const isBack = answer.error?.code === 'FLIP_ROLLED_BACK'
  return isBack && head.phase !== from
    ? [`the caller was told that "${name}" was rolled back, and the subject is in "${head.phase}"`]
    : []
}

/** What counts of the outside is as before the flip, or as an undisturbed flip leaves it. */
function elsewhere(
  { before, after, head }: Seen,
  { to }: FlipSpec,
  { from, calm }: { readonly from: string; readonly calm: Calm },
): string[] {
  const isAsBefore = head.phase === from && isDeepStrictEqual(after, before)
  const isAsAfter = head.phase === to && isDeepStrictEqual(after, calm.after)
  if (isAsBefore || isAsAfter) return []
  const wanted =
    head.phase === to ? `an undisturbed flip leaves ${shown(calm.after)}` : `it was ${shown(before)} before`
  return [`in "${head.phase}" what observe sees is ${shown(after)}; ${wanted}`]
}

function isOf({ part }: SeenCall, kind: SeenCall['part']['kind'], { name }: StepSpec): boolean {
  return part.kind === kind && part.name === name
}

/** As JSON, where that tells it: a Map and a Set tell what they hold. */
function shown(value: unknown): string {
  const plain = (_: string, held: unknown): unknown =>
    held instanceof Map ? Object.fromEntries(held) : held instanceof Set ? [...held] : held
  const text = JSON.stringify(value, plain)
  return text === undefined ? describe(value) : text
}
