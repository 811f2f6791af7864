import { unreachable } from '../base/index.ts'
import type { Body, Delay, Doing, Failure, FlipState, Head, JournalRecord, Settled } from '../ports/index.ts'
import { evolve } from './evolve.ts'
import { RECOVERY } from './principals.ts'

// The protocol of a flip: what must happen next (`next`), and what follows from what happened (`report`, `adopt`,
// `unfold`); what the records mean is in `evolve.ts`. Pure: no clock, no I/O, no promise. Flips that start, are resumed
// after a crash, are cancelled or go back differ in their head alone.

/** What the protocol has to know of a flip. A chart's `FlipSpec` is one. */
export interface Plan {
  readonly steps: readonly PlannedStep[]
  readonly confirms: readonly unknown[]
  readonly recover: 'resume' | 'rollBack'
  readonly entering: readonly Delay[]
}

interface PlannedStep {
  readonly name: string
  readonly once: boolean
  /** It and its record are one transaction: done and recorded, or neither. */
  readonly atomic: boolean
  readonly irreversible: boolean
  readonly compensate: unknown
}

/** What must happen now. `write` needs nothing but a record; `rest` waits for a person, or for nothing. */
export type Action = { readonly type: 'write'; readonly body: Body } | { readonly type: 'rest' } | Work

/** What has to be performed in the world. */
export type Work =
  | { readonly type: 'run'; readonly step: string }
  | { readonly type: 'confirm' }
  | { readonly type: 'undo'; readonly step: string }

/** How the work went. `begun`: whether anything of it may have happened. `step`: the confirm that failed. */
export type Outcome =
  | { readonly type: 'done'; readonly output: unknown }
  | { readonly type: 'failed'; readonly failure: Failure; readonly begun: boolean }

// ── what must happen now ────────────────────────────────────────────────────────────────────────────────────────────

export function next(flip: FlipState, plan: Plan): Action {
  switch (flip.course.type) {
    case 'forward':
      return forward(flip, plan)
    case 'back':
      return back(flip, flip.course)
    case 'stuck':
      return { type: 'rest' }
    default:
      return unreachable(flip.course)
  }
}

function forward(flip: FlipState, plan: Plan): Action {
  if (flip.cancel !== undefined && !isPastReturn(flip, plan)) {
    const failure: Failure = { code: 'CANCELLED', message: flip.cancel.reason }
    return { type: 'write', body: turned(flip, plan, failure, flip.doubt) }
  }
  const step = plan.steps[flip.done.length]
  if (step !== undefined) {
    if (step.once && flip.doubt !== step.name) {
      return { type: 'write', body: { kind: 'started', flipId: flip.id, step: step.name } }
    }
    return { type: 'run', step: step.name }
  }
  if (plan.confirms.length > 0 && !flip.confirmed) return { type: 'confirm' }
  return { type: 'write', body: committed(flip, plan) }
}

function back(flip: FlipState, course: { readonly failure: Failure; readonly undo: readonly string[] }): Action {
  const step = course.undo[0]
  if (step !== undefined) return { type: 'undo', step }
  return { type: 'write', body: rolledBack(flip, course.failure) }
}

/** Whether `work` is what must happen now. */
export function awaits(flip: FlipState, plan: Plan, work: Work): boolean {
  const action = next(flip, plan)
  if (work.type === 'confirm' || (action.type !== 'run' && action.type !== 'undo')) return action.type === work.type
  return action.type === work.type && action.step === work.step
}

/** Whether an irreversible step has happened, or may have. */
export function isPastReturn(flip: Pick<FlipState, 'done' | 'doubt'>, plan: Plan): boolean {
  return plan.steps.some((step, index) => step.irreversible && mayHaveHappened(step, index, flip))
}

/** A transaction is never in doubt: what is not recorded was taken back. */
function mayHaveHappened(step: PlannedStep, index: number, flip: Pick<FlipState, 'done' | 'doubt'>): boolean {
  return index < flip.done.length || (step.name === flip.doubt && !step.atomic)
}

// ── what follows ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The record that tells how the work went. */
export function report(flip: FlipState, plan: Plan, work: Work, outcome: Outcome): Body {
  switch (work.type) {
    case 'run':
      if (outcome.type === 'failed') return failed(flip, plan, work, outcome)
      return { kind: 'stepped', flipId: flip.id, step: work.step, output: outcome.output }
    case 'confirm':
      if (outcome.type === 'failed') return failed(flip, plan, work, outcome)
      return committed(flip, plan)
    case 'undo':
      if (outcome.type === 'failed') return stuck(flip, 'undo', work.step, outcome.failure)
      return { kind: 'undone', flipId: flip.id, step: work.step }
    default:
      return unreachable(work)
  }
}

/** Back, with the step that failed if it may have happened; or, past the point of no return, stuck. */
function failed(
  flip: FlipState,
  plan: Plan,
  work: Exclude<Work, { type: 'undo' }>,
  { failure, begun }: Extract<Outcome, { type: 'failed' }>,
): Body {
  const step = work.type === 'run' ? work.step : (failure.step ?? 'confirm')
  const doubt = work.type === 'run' && begun ? work.step : flip.doubt
  if (isPastReturn({ done: flip.done, doubt }, plan)) return stuck(flip, work.type, step, failure)
  return turned(flip, plan, failure, doubt)
}

/**
 * The records by which `owner` takes over the flip of a dead one. The step that comes next may have begun, unless it is
 * a `once` step without its mark, or a transaction. A `once` step in doubt is undone, not run again.
 */
export function adopt(flip: FlipState, plan: Plan, owner: string): readonly Body[] {
  const step = flip.course.type === 'forward' ? plan.steps[flip.done.length] : undefined
  const doubt = doubtIn(flip, step)
  const adopted: Body = { kind: 'adopted', flipId: flip.id, actor: RECOVERY, owner, previous: flip.owner, doubt }
  if (flip.course.type !== 'forward') return [adopted]
  const onceInDoubt = step?.once === true && doubt === step.name
  if (isPastReturn({ done: flip.done, doubt }, plan)) {
    if (!onceInDoubt) return [adopted]
    return [adopted, stuck(flip, 'run', step.name, inDoubt(step.name))]
  }
  if (onceInDoubt) return [adopted, turned(flip, plan, inDoubt(step.name), doubt)]
  if (plan.recover === 'resume') return [adopted]
  const failure: Failure = { code: 'OWNER_DIED', message: `its owner ${flip.owner} died, and the flip rolls back then` }
  return [adopted, turned(flip, plan, failure, doubt)]
}

function doubtIn(flip: FlipState, step: PlannedStep | undefined): string | undefined {
  if (step === undefined || step.once) return flip.doubt
  return step.atomic ? undefined : step.name
}

/** The records by which an operator moves a stuck flip on. `force` settles it in `phase` without doing anything more. */
export function resolve(
  flip: FlipState,
  plan: Plan,
  order: Extract<Body, { kind: 'resolved' }>,
  phase: string,
): readonly Body[] {
  if (order.how !== 'force' || flip.course.type !== 'stuck') return [order]
  return [order, phase === flip.to ? committed(flip, plan) : rolledBack(flip, flip.course.failure)]
}

/** Where and when records are written. */
export interface Place {
  readonly at: number
  readonly epoch: number
}

/** Records, the head they fold to, and what is stored against the key of a flip they settled. */
export interface Change {
  readonly records: readonly JournalRecord[]
  readonly head: Head
  /** The flip they are about, as it was last; also when they end it. */
  readonly flip: FlipState | undefined
  /** Wall time at which the phase that they found was entered; 0 for a subject that was never flipped. */
  readonly since: number
  readonly settled: Settled | undefined
  /** Outcomes settled before this wall time are forgotten. */
  readonly forget: number | undefined
  /** Numbers of records whose payloads are dropped. */
  readonly drop: readonly number[] | undefined
}

/** What happened, and all that follows from it without anything having to be performed: one append. */
export function unfold(head: Head, happened: readonly Body[], plan: Plan | undefined, place: Place): Change {
  const records: JournalRecord[] = []
  let settled: Settled | undefined
  let forget: number | undefined
  let drop: readonly number[] | undefined
  let now = head
  let flip = head.flip
  const write = (body: Body): void => {
    const record: JournalRecord = Object.assign({ n: now.version + 1, at: place.at, epoch: place.epoch }, body)
    settled = settlement(now.flip, record) ?? settled
    if (record.kind === 'pruned') forget = record.before
    if (record.kind === 'redacted') drop = record.records
    now = evolve(now, record)
    flip = now.flip ?? flip
    records.push(record)
  }
  for (const body of happened) write(body)
  while (plan !== undefined && now.flip !== undefined) {
    const action = next(now.flip, plan)
    if (action.type !== 'write') break
    write(action.body)
  }
  return { records, head: now, flip, since: head.since, settled, forget, drop }
}

/** What is stored against the key when `record` settles the flip. */
function settlement(flip: FlipState | undefined, record: JournalRecord): Settled | undefined {
  if (flip?.key === undefined || flip.fingerprint === undefined) return undefined
  const outcome = outcomeOf(flip, record)
  if (outcome === undefined) return undefined
  const { key, fingerprint, attempt, from, to } = flip
  const { epoch, at } = record
  return { key, fingerprint, flipId: flip.id, flip: flip.flip, attempt, from, to, epoch, at, outcome }
}

function outcomeOf(flip: FlipState, record: JournalRecord): Settled['outcome'] | undefined {
  if (record.kind === 'committed') return { type: 'committed', outputs: outputsOf(flip) }
  if (record.kind === 'rolledBack') return { type: 'rolledBack', failure: record.failure }
  if (record.kind === 'forced') return { type: 'overridden', phase: record.phase }
  return undefined
}

/** The results of the steps that have completed, by name. */
export function outputsOf(flip: Pick<FlipState, 'done'>): Readonly<Record<string, unknown>> {
  const outputs: Record<string, unknown> = {}
  for (const { step, output } of flip.done) outputs[step] = output
  return outputs
}

// ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The turn back: every step that completed, and the one in doubt, in reverse; those without an undo need none. */
function turned(flip: FlipState, plan: Plan, failure: Failure, doubt: string | undefined): Body {
  const happened = plan.steps.filter((step, index) => mayHaveHappened(step, index, { done: flip.done, doubt }))
  const undo = happened.filter((step) => step.compensate !== undefined).map((step) => step.name)
  return { kind: 'turned', flipId: flip.id, failure, undo: undo.reverse() }
}

function stuck(flip: FlipState, doing: Doing, step: string, failure: Failure): Body {
  return { kind: 'stuck', flipId: flip.id, doing, step, failure }
}

function committed({ id, flip, from, to }: FlipState, plan: Plan): Body {
  return { kind: 'committed', flipId: id, flip, from, to, timers: plan.entering }
}

function rolledBack({ id, flip, from, to }: FlipState, failure: Failure): Body {
  return { kind: 'rolledBack', flipId: id, flip, from, to, failure }
}

function inDoubt(step: string): Failure {
  return { code: 'IN_DOUBT', message: `step "${step}" runs at most once, and its owner died in it`, step }
}
