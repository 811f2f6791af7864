import { type FailureCode, isPhasegateError, messageOf, recordable, textOf, unreachable } from '../base/index.ts'
import { Denial, type StepSpec } from '../chart/index.ts'
import type { Failure } from '../ports/index.ts'
import type { Attempt } from './attempt.ts'
import type { Outcome } from './protocol.ts'

// What to make of how a call of the user's function ended.

/** What judging needs of the run. */
export interface Judge {
  /** Milliseconds until the whole flip has taken too long. */
  leftMs(): number
  /** Keeps what the user's function threw, as the cause of the error that the caller will see. */
  threw(error: unknown): void
}

/** An outcome, and whether trying again could make it better. */
export interface Judged {
  readonly outcome: Outcome
  readonly again: boolean
}

export function judgeStep(run: Judge, step: StepSpec, ended: Attempt): Judged {
  switch (ended.type) {
    case 'returned':
      return judgeOutput(run, step, ended.value)
    case 'threw': {
      run.threw(ended.error)
      const isTerminal = isPhasegateError(ended.error, 'TERMINAL')
      const failure = failureOf('STEP_FAILED', messageOf(ended.error), step.name)
      return failed(step, isTerminal ? { ...failure, terminal: true } : failure, !isTerminal)
    }
    case 'timedOut': {
      const flipIsLate = outOfTime(run, step.name)
      if (flipIsLate !== undefined) return failed(step, flipIsLate, false)
      const message = `step "${step.name}" took longer than ${step.timeoutMs} ms`
      return failed(step, failureOf('STEP_TIMEOUT', message, step.name), true)
    }
    case 'interrupted':
      if (ended.by.type === 'leave') throw ended.by.error()
      return failed(step, { ...ended.by.failure, step: step.name }, false)
    default:
      return unreachable(ended)
  }
}

/** A result that cannot be recorded would be lost in a crash: it fails the step now, where its author sees it. */
function judgeOutput(run: Judge, step: StepSpec, output: unknown): Judged {
  try {
    const kept = recordable(output, `the result of step "${step.name}"`)
    return { outcome: { type: 'done', output: kept }, again: false }
  } catch (error) {
    run.threw(error)
    return failed(step, failureOf('STEP_FAILED', messageOf(error), step.name), false)
  }
}

/** What a failed transaction has begun was taken back. */
function failed({ atomic }: StepSpec, failure: Failure, again: boolean): Judged {
  return { outcome: { type: 'failed', failure, begun: !atomic }, again }
}

export function judgeUndo(run: Judge, step: StepSpec, ended: Attempt): Judged {
  const { name, compensate } = step
  switch (ended.type) {
    case 'returned':
      return { outcome: { type: 'done', output: undefined }, again: false }
    case 'threw': {
      run.threw(ended.error)
      const failure = failureOf('UNDO_FAILED', messageOf(ended.error), name)
      const isTerminal = isPhasegateError(ended.error, 'TERMINAL')
      return failed(step, isTerminal ? { ...failure, terminal: true } : failure, !isTerminal)
    }
    case 'timedOut': {
      const message = `the undo of step "${name}" took longer than ${compensate?.timeoutMs} ms`
      return failed(step, failureOf('UNDO_TIMEOUT', message, name), true)
    }
    case 'interrupted':
      if (ended.by.type === 'leave') throw ended.by.error()
      return failed(step, { ...ended.by.failure, step: name }, true)
    default:
      return unreachable(ended)
  }
}

/** Why a confirm is not there yet. */
export function tellConfirm(run: Judge, ended: Attempt): string {
  switch (ended.type) {
    case 'returned':
      return ended.value instanceof Denial ? textOf(ended.value.reason) : `it answered ${textOf(ended.value)}`
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

export function outOfTime(run: Judge, step: string): Failure | undefined {
  if (run.leftMs() > 0) return undefined
  return failureOf('FLIP_TIMEOUT', 'the flip has taken longer than its timeout', step)
}

export function failureOf(code: FailureCode, message: string, step: string): Failure {
  return { code, message, step }
}
