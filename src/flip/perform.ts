import { unreachable } from '../base/index.ts'
import type { ConfirmSpec, EffectSpec, StepSpec, UndoSpec } from '../chart/index.ts'
import type { Failure, FlipState } from '../ports/index.ts'
import { Abort } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { failureOf, judgeStep, judgeUndo, outOfTime, tellConfirm } from './judge.ts'
import type { Performer } from './performer.ts'
import type { Outcome, Work } from './protocol.ts'
import { StepScope, UndoScope } from './scope.ts'
import { type Transacted, transactStep, transactUndo } from './transact.ts'

const NOTHING_TO_DO: Outcome = { type: 'done', output: undefined }

/** Does what the protocol asks for, with all the attempts it may have, and says how it went. */
export function perform(run: Performer, work: Work, flip: FlipState): Promise<Outcome | Transacted> {
  switch (work.type) {
    case 'run': {
      const step = named(run.steps, work.step)
      run.parts?.next({ kind: 'step', name: step.name })
      return step.atomic ? transactStep(run, flip, step) : runStep(run, flip, step)
    }
    case 'confirm':
      return confirmAll(run, flip)
    case 'undo': {
      const step = named(run.steps, work.step)
      if (step.compensate === undefined) return Promise.resolve(NOTHING_TO_DO)
      run.parts?.next({ kind: 'undo', name: step.name })
      return step.atomic ? transactUndo(run, flip, step, step.compensate) : undoStep(run, flip, step, step.compensate)
    }
    default:
      return unreachable(work)
  }
}

function named(steps: readonly StepSpec[], name: string): StepSpec {
  const step = steps.find((candidate) => candidate.name === name)
  if (step === undefined) throw new TypeError(`the chart has no step "${name}"; its fingerprint should have told`)
  return step
}

async function runStep(run: Performer, flip: FlipState, step: EffectSpec): Promise<Outcome> {
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

/** Undoing is not stopped by the time that the flip has left, nor by a cancel: only by its own limits. */
async function undoStep(run: Performer, flip: FlipState, step: EffectSpec, undo: UndoSpec): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const abort = new Abort()
    const scope = new UndoScope(run, flip, step.name, abort)
    const place = `the undo of step "${step.name}"`
    const ended = await run.attempt(place, undo.timeoutMs, abort, () => undo.run(scope))
    const judged = judgeUndo(run, step, ended)
    if (!judged.again || tries >= undo.retry.attempts) return judged.outcome
    await run.pause(backoffMs(tries, undo.retry, () => run.random()))
  }
}

async function confirmAll(run: Performer, flip: FlipState): Promise<Outcome> {
  for (const confirm of run.confirms) {
    run.parts?.next({ kind: 'confirm', name: confirm.name })
    const failure = await pollUntilTrue(run, flip, confirm)
    run.parts?.ended(failure)
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
