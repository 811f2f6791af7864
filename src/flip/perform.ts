import { type FailureCode, isPhasegateError, messageOf, recordable, textOf, unreachable } from '../base/index.ts'
import type { ConfirmSpec, StepSpec, UndoSpec } from '../chart/index.ts'
import type { Failure, FlipState } from '../ports/index.ts'
import { Abort, type Attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import type { Outcome, Work } from './protocol.ts'
import { type Running, StepScope, UndoScope } from './scope.ts'

/** What performing needs of the run: its clock, its end, and somebody who can interrupt it. */
export interface Performer extends Running {
  readonly steps: readonly StepSpec[]
  readonly confirms: readonly ConfirmSpec[]
  random(): number
  /** Milliseconds until the whole flip has taken too long. */
  leftMs(): number
  /** The failure that shall turn the flip, if one came between two attempts. */
  turning(): Failure | undefined
  /** Calls the user's function; throws when this process has to leave the flip. */
  attempt(place: string, timeoutMs: number, abort: Abort, work: () => unknown): Attempt | Promise<Attempt>
  pause(ms: number): Promise<void>
  /** Keeps what the user's function threw, as the cause of the error that the caller will see. */
  threw(error: unknown): void
}

/** Does what the protocol asks for, with all the attempts it may have, and says how it went. */
export function perform(run: Performer, work: Work, flip: FlipState): Promise<Outcome> {
  switch (work.type) {
    case 'run':
      return runStep(run, flip, named(run.steps, work.step))
    case 'confirm':
      return confirmAll(run, flip)
    case 'undo':
      return undoStep(run, flip, named(run.steps, work.step))
    default:
      return unreachable(work)
  }
}

function named(steps: readonly StepSpec[], name: string): StepSpec {
  const step = steps.find((candidate) => candidate.name === name)
  if (step === undefined) throw new TypeError(`the chart has no step "${name}"; its fingerprint should have told`)
  return step
}

async function runStep(run: Performer, flip: FlipState, step: StepSpec): Promise<Outcome> {
  let begun = false
  for (let tries = 1; ; tries++) {
    const early = run.turning() ?? outOfTime(run, step.name)
    if (early !== undefined) return { type: 'failed', failure: early, begun }
    begun = true
    const abort = new Abort()
    const scope = new StepScope(run, flip, `${flip.id}:${step.name}`, abort)
    const timeoutMs = Math.min(step.timeoutMs, run.leftMs())
    const ended = await run.attempt(`step "${step.name}"`, timeoutMs, abort, () => step.run(scope))
    const judged = judgeStep(run, step, ended)
    if (judged.outcome.type === 'done' || !judged.again || tries >= step.retry.attempts) return judged.outcome
    await run.pause(
      Math.min(
        backoffMs(tries, step.retry, () => run.random()),
        Math.max(0, run.leftMs()),
      ),
    )
  }
}

function judgeStep(run: Performer, step: StepSpec, ended: Attempt): { outcome: Outcome; again: boolean } {
  const fail = (failure: Failure, again: boolean): { outcome: Outcome; again: boolean } => ({
    outcome: { type: 'failed', failure, begun: true },
    again,
  })
  switch (ended.type) {
    case 'returned':
      return judgeOutput(run, step, ended.value)
    case 'threw': {
      run.threw(ended.error)
      const isTerminal = isPhasegateError(ended.error, 'TERMINAL')
      const failure = failureOf('STEP_FAILED', messageOf(ended.error), step.name)
      return fail(isTerminal ? { ...failure, terminal: true } : failure, !isTerminal)
    }
    case 'timedOut': {
      const flipIsLate = outOfTime(run, step.name)
      if (flipIsLate !== undefined) return fail(flipIsLate, false)
      return fail(
        failureOf('STEP_TIMEOUT', `step "${step.name}" took longer than ${step.timeoutMs} ms`, step.name),
        true,
      )
    }
    case 'interrupted':
      if (ended.by.type === 'leave') throw ended.by.error()
      return fail({ ...ended.by.failure, step: step.name }, false)
    default:
      return unreachable(ended)
  }
}

/** A result that cannot be recorded would be lost in a crash: it fails the step now, where its author sees it. */
function judgeOutput(run: Performer, step: StepSpec, output: unknown): { outcome: Outcome; again: boolean } {
  try {
    const kept = recordable(output, `the result of step "${step.name}"`)
    return { outcome: { type: 'done', output: kept }, again: false }
  } catch (error) {
    run.threw(error)
    const failure = failureOf('STEP_FAILED', messageOf(error), step.name)
    return { outcome: { type: 'failed', failure, begun: true }, again: false }
  }
}

/** Undoing is not stopped by the time that the flip has left, nor by a cancel: only by its own limits. */
async function undoStep(run: Performer, flip: FlipState, { name, compensate }: StepSpec): Promise<Outcome> {
  if (compensate === undefined) return { type: 'done', output: undefined }
  for (let tries = 1; ; tries++) {
    const abort = new Abort()
    const scope = new UndoScope(run, flip, name, abort)
    const place = `the undo of step "${name}"`
    const ended = await run.attempt(place, compensate.timeoutMs, abort, () => compensate.run(scope))
    if (ended.type === 'returned') return { type: 'done', output: undefined }
    const failure = judgeUndo(run, name, compensate, ended)
    if (failure.terminal === true || tries >= compensate.retry.attempts) return { type: 'failed', failure, begun: true }
    await run.pause(backoffMs(tries, compensate.retry, () => run.random()))
  }
}

function judgeUndo(
  run: Performer,
  step: string,
  undo: UndoSpec,
  ended: Exclude<Attempt, { type: 'returned' }>,
): Failure {
  switch (ended.type) {
    case 'threw': {
      run.threw(ended.error)
      const failure = failureOf('UNDO_FAILED', messageOf(ended.error), step)
      return isPhasegateError(ended.error, 'TERMINAL') ? { ...failure, terminal: true } : failure
    }
    case 'timedOut':
      return failureOf('UNDO_TIMEOUT', `the undo of step "${step}" took longer than ${undo.timeoutMs} ms`, step)
    case 'interrupted':
      if (ended.by.type === 'leave') throw ended.by.error()
      return { ...ended.by.failure, step }
    default:
      return unreachable(ended)
  }
}

async function confirmAll(run: Performer, flip: FlipState): Promise<Outcome> {
  for (const confirm of run.confirms) {
    const failure = await pollUntilTrue(run, flip, confirm)
    if (failure !== undefined) return { type: 'failed', failure, begun: true }
  }
  return { type: 'done', output: undefined }
}

async function pollUntilTrue(run: Performer, flip: FlipState, confirm: ConfirmSpec): Promise<Failure | undefined> {
  // Counted down from the flip's own clock: one notion of how much time has gone.
  const endAtLeftMs = Math.max(0, run.leftMs() - confirm.withinMs)
  let found = 'it was never true'
  for (;;) {
    const early = run.turning() ?? outOfTime(run, confirm.name)
    if (early !== undefined) return early
    const leftMs = run.leftMs() - endAtLeftMs
    if (leftMs <= 0) {
      const message = `"${confirm.name}" did not become true within ${confirm.withinMs} ms: ${found}`
      return failureOf('CONFIRM_TIMEOUT', message, confirm.name)
    }
    const abort = new Abort()
    const scope = new StepScope(run, flip, `${flip.id}:${confirm.name}`, abort)
    const ended = await run.attempt(`confirm "${confirm.name}"`, leftMs, abort, () => confirm.check(scope))
    if (ended.type === 'returned' && ended.value === true) return undefined
    found = tellConfirm(run, ended)
    if (ended.type !== 'interrupted') await run.pause(Math.min(confirm.pollMs, Math.max(0, run.leftMs() - endAtLeftMs)))
  }
}

function tellConfirm(run: Performer, ended: Attempt): string {
  switch (ended.type) {
    case 'returned':
      return `it answered ${textOf(ended.value)}`
    case 'threw':
      run.threw(ended.error)
      return `it threw: ${messageOf(ended.error)}`
    case 'timedOut':
      return 'it did not answer'
    case 'interrupted':
      if (ended.by.type === 'leave') throw ended.by.error()
      return ended.by.failure.message
    default:
      return unreachable(ended)
  }
}

function outOfTime(run: Performer, step: string): Failure | undefined {
  if (run.leftMs() > 0) return undefined
  return failureOf('FLIP_TIMEOUT', 'the flip has taken longer than its timeout', step)
}

function failureOf(code: FailureCode, message: string, step: string): Failure {
  return { code, message, step }
}
