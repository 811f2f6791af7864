import type { RetrySpec, TransactSpec, TransactUndoSpec } from '../chart/index.ts'
import type { Failure, FlipState } from '../ports/index.ts'
import { Abort, type Attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { type Judged, judgeStep, judgeUndo, outOfTime } from './judge.ts'
import type { Performer } from './performer.ts'
import type { Outcome, Work } from './protocol.ts'
import { StepScope, UndoScope } from './scope.ts'
import type { Told } from './writing.ts'

// Work whose effect and whose record are one transaction: what failed was taken back, so it is never in doubt.

/** It is done and recorded; or nothing was done, for somebody wrote first, and something else may have to happen now. */
export type Transacted = Extract<Told, { type: 'recorded' | 'overtaken' }>

/** Work to be done in a transaction, and how to judge it. */
interface Job {
  readonly work: Work
  readonly place: string
  readonly retry: RetrySpec
  timeoutMs(): number
  /** Why it is not even begun. */
  early(): Failure | undefined
  call(tx: unknown, abort: Abort): unknown
  judge(ended: Attempt): Judged
}

export function transactStep(run: Performer, flip: FlipState, step: TransactSpec): Promise<Outcome | Transacted> {
  return transact(run, {
    work: { type: 'run', step: step.name },
    place: `step "${step.name}"`,
    retry: step.retry,
    timeoutMs: () => Math.min(step.timeoutMs, run.leftMs()),
    early: () => run.turning() ?? outOfTime(run, step.name),
    call: (tx, abort) => step.run(tx, new StepScope(run, flip, `${flip.id}:${step.name}`, abort)),
    judge: (ended) => judgeStep(run, step, ended),
  })
}

/** Undoing is not stopped by the time that the flip has left, nor by a cancel: only by its own limits. */
export function transactUndo(
  run: Performer,
  flip: FlipState,
  step: TransactSpec,
  undo: TransactUndoSpec,
): Promise<Outcome | Transacted> {
  return transact(run, {
    work: { type: 'undo', step: step.name },
    place: `the undo of step "${step.name}"`,
    retry: undo.retry,
    timeoutMs: () => undo.timeoutMs,
    early: () => undefined,
    call: (tx, abort) => undo.run(tx, new UndoScope(run, flip, step.name, abort)),
    judge: (ended) => judgeUndo(run, step, ended),
  })
}

/** While no transaction can be opened, and after one whose answer was lost. */
const ASK_AGAIN = { baseMs: 50, capMs: 2_000 }

/**
 * A store that opens no transaction is asked again, as it is for an append: nothing of the user's has run. What it
 * refuses after that may be the fault of what the user wrote (a constraint, say), so it counts as a failed attempt.
 */
async function transact(run: Performer, job: Job): Promise<Outcome | Transacted> {
  let tries = 1
  for (let outages = 1; ; ) {
    const tried = await tryOnce(run, job)
    switch (tried.type) {
      case 'judged':
        if (!tried.again || tries >= job.retry.attempts) return tried.outcome
        await run.pause(backoffMs(tries++, job.retry, () => run.random()))
        break
      case 'unopened':
        await run.pause(backoffMs(outages++, ASK_AGAIN, () => run.random()))
        break
      case 'unheard':
        run.parts?.ended({
          code: 'OUTCOME_UNKNOWN',
          message: 'the store did not say whether the transaction was stored',
        })
        await run.pause(backoffMs(1, ASK_AGAIN, () => run.random()))
        return { type: 'overtaken' }
      default:
        return tried
    }
  }
}

type Tried = (Judged & { readonly type: 'judged' }) | Exclude<Told, { type: 'refused' }>

/** One transaction. Once nobody waits for the user's function any more it rejects, so that nothing is stored later. */
async function tryOnce(run: Performer, job: Job): Promise<Tried> {
  const early = tooEarly(job)
  if (early !== undefined) return { type: 'judged', ...early }
  const trial: { judged?: Judged } = {}
  try {
    const told = await run.transact(job.work, async (tx) => {
      trial.judged = tooEarly(job) ?? (await call(run, job, tx))
      const { outcome } = trial.judged
      if (outcome.type === 'done') return outcome.output
      throw new DOMException(`${job.place} has failed: ${outcome.failure.message}`, 'AbortError')
    })
    return told.type === 'refused' ? { type: 'judged', ...job.judge({ type: 'threw', error: told.error }) } : told
  } catch (error) {
    if (trial.judged?.outcome.type !== 'failed') throw error
    return { type: 'judged', ...trial.judged }
  }
}

async function call(run: Performer, job: Job, tx: unknown): Promise<Judged> {
  const abort = new Abort()
  return job.judge(await run.attempt(job.place, job.timeoutMs(), abort, () => job.call(tx, abort)))
}

function tooEarly(job: Job): Judged | undefined {
  const failure = job.early()
  return failure && { outcome: { type: 'failed', failure, begun: false }, again: false }
}
