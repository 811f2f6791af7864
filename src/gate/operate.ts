import { describe, isPhasegateError, PhasegateError, refuse, textOf } from '../base/index.ts'
import type { FlipSpec } from '../chart/index.ts'
import { holdAll, isPastReturn, type Run, releaseAll, resolve } from '../flip/index.ts'
import type { Actor, Body, FlipState, Head } from '../ports/index.ts'
import { outcomeOf, overriddenError } from './answer.ts'
import { authorise } from './authorise.ts'
import type { Desk } from './desk.ts'
import type { FlipOutcome, Order } from './types.ts'
import { stampOf } from './version.ts'

// What an operator may order: cancel, resolve, force. Each is recorded with who and why before it has any effect.

/** Asks the flip to turn back. @throws FLIP_NOT_FOUND, FLIP_PAST_RETURN */
export async function cancel(desk: Desk, flipId: string, reason: string, actor: Actor | undefined): Promise<void> {
  await mayOperate(desk, 'cancel', running(desk, await desk.head(), flipId), { actor, reason })
  await desk.record((head) => {
    const flip = running(desk, head, flipId)
    const spec = specOf(desk, flip)
    const run = ownRun(desk, flipId)
    if (flip.course.type === 'back' || flip.cancel !== undefined) return undefined
    const isTooLate = isPastReturn(flip, spec) || flip.course.type === 'stuck' || run?.mayTurn() === false
    if (isTooLate) throw pastReturn(desk, flip, spec)
    return [{ kind: 'cancelRequested', flipId, actor, reason }]
  })
  ownRun(desk, flipId)?.interrupt({ type: 'turn', failure: { code: 'CANCELLED', message: reason } })
}

/** How a stuck flip shall go on. `phase` goes with `force` alone. */
export interface Resolution extends Order {
  readonly how: 'retry' | 'skip' | 'force'
  readonly phase: string | undefined
}

/** Moves a stuck flip on, to its end. @throws FLIP_NOT_FOUND, FLIP_NOT_STUCK, RESOURCE_BUSY */
export async function resolveStuck(desk: Desk, flipId: string, order: Resolution): Promise<FlipOutcome> {
  await mayOperate(desk, 'resolve', running(desk, await desk.head(), flipId), order)
  for (;;) {
    const head = await desk.head()
    const flip = running(desk, head, flipId)
    const spec = specOf(desk, flip)
    if (flip.course.type !== 'stuck') throw notStuck(desk, flip)
    const outcome = await tryResolve(desk, spec, head, orderFor(desk, flip, spec, order))
    if (outcome !== undefined) return outcome
  }
}

async function tryResolve(
  desk: Desk,
  spec: FlipSpec,
  head: Head,
  happened: readonly Body[],
): Promise<FlipOutcome | undefined> {
  const { engine, lock } = desk.core
  const leases = await holdAll(lock, spec.exclusive, engine, 0)
  try {
    const watch = head.flip && desk.watching('resolved', head.flip)
    const run = await desk.take({ spec, leases, watch }, head, happened)
    return outcomeOf(desk.id, run.flipId, spec.name, await desk.conclude(run, leases))
  } catch (error) {
    await releaseAll(leases)
    if (isPhasegateError(error, 'JOURNAL_CONFLICT')) return undefined
    throw error
  }
}

function orderFor(desk: Desk, flip: FlipState, spec: FlipSpec, order: Resolution): readonly Body[] {
  const { engine } = desk.core
  const { how, actor, reason, phase } = order
  const heading = flip.course.type === 'stuck' && flip.course.then.type === 'back' ? flip.from : flip.to
  if (phase !== undefined && how !== 'force') return refuse('phase', phase, `left out: only 'force' takes one`)
  if (phase !== undefined && phase !== flip.from && phase !== flip.to) {
    return refuse('phase', phase, `"${flip.from}" or "${flip.to}", the ends of the flip`)
  }
  const deadline = engine.clock.now() + spec.timeoutMs
  const resolved = { kind: 'resolved', flipId: flip.id, how, actor, reason, owner: engine.owner, deadline } as const
  return resolve(flip, spec, resolved, phase ?? heading)
}

/** Break-glass: sets the phase, whatever is in progress. */
export async function force(desk: Desk, phase: string, { actor, reason }: Order): Promise<void> {
  const { chart } = desk.core
  const spec = chart.phases.get(phase)
  if (spec === undefined) return refuse('phase', phase, `a phase of the chart: ${[...chart.phases.keys()].join(', ')}`)
  await authorise(desk, { act: 'force', actor, reason, to: phase })
  const own = desk.run
  let overridden: FlipState | undefined
  await desk.override((head) => {
    overridden = head.flip
    const stamp = { from: head.phase, chart: stampOf(chart), timers: spec.after }
    return { kind: 'forced', phase, actor, reason, overridden: head.flip?.id, ...stamp }
  })
  if (overridden === undefined || own?.flipId !== overridden.id) return
  const { flip, id } = overridden
  own.interrupt({ type: 'leave', error: () => overriddenError(desk.id, flip, id, phase) })
}

async function mayOperate(
  desk: Desk,
  act: 'cancel' | 'resolve',
  flip: FlipState,
  { actor, reason }: { readonly actor: Actor | undefined; readonly reason: string },
): Promise<void> {
  const { id, from, to } = flip
  await authorise(desk, { act, actor, reason, spec: specOf(desk, flip), flipId: id, from, to })
}

function ownRun(desk: Desk, flipId: string): Run | undefined {
  return desk.run?.flipId === flipId ? desk.run : undefined
}

function specOf(desk: Desk, flip: FlipState): FlipSpec {
  const spec = desk.core.chart.flips.get(flip.flip)
  if (spec === undefined) throw new TypeError(`chart "${desk.core.chart.name}" has no flip "${flip.flip}"`)
  return spec
}

function running(desk: Desk, head: Head, flipId: string): FlipState {
  if (head.flip?.id === flipId) return head.flip
  const found = head.flip === undefined ? 'no flip' : `flip "${head.flip.flip}" (${head.flip.id})`
  const message = `flip ${describe(flipId)} is not in progress on "${desk.id}"; ${found} is`
  throw new PhasegateError('FLIP_NOT_FOUND', message, {
    subject: desk.id,
    flipId: textOf(flipId),
    running: head.flip?.id,
  })
}

function pastReturn(desk: Desk, flip: FlipState, spec: FlipSpec): PhasegateError<'FLIP_PAST_RETURN'> {
  const step = spec.steps.find((candidate) => candidate.irreversible)?.name ?? ''
  const message = `flip "${flip.flip}" of "${desk.id}" can only go forward: step "${step}" cannot be undone`
  return new PhasegateError('FLIP_PAST_RETURN', message, { subject: desk.id, flip: flip.flip, flipId: flip.id, step })
}

function notStuck(desk: Desk, flip: FlipState): PhasegateError<'FLIP_NOT_STUCK'> {
  const message = `flip "${flip.flip}" (${flip.id}) of "${desk.id}" is not stuck; it goes ${flip.course.type}`
  return new PhasegateError('FLIP_NOT_STUCK', message, { subject: desk.id, flip: flip.flip, flipId: flip.id })
}
