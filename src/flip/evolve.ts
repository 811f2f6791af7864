import { unreachable } from '../base/index.ts'
import type { ChartStamp, Delay, FlipState, Head, JournalRecord, Rollback, Timer } from '../ports/index.ts'
import { approved, spent } from './approvals.ts'

// What the records mean: the fold from a journal to its head. Pure, and without the chart, so that a journal can be
// folded by another version of it than the one that wrote it.

const NOTHING: readonly never[] = []

/** The head of a subject that was never written. */
export function origin(chart: ChartStamp, phase: string): Head {
  const nothing = { flip: undefined, rolledBack: undefined, approvals: undefined }
  return { version: 0, epoch: 0, chart, phase, since: 0, timers: NOTHING, ...nothing }
}

export function evolve(head: Head, record: JournalRecord): Head {
  const { n, epoch } = record
  switch (record.kind) {
    case 'requested':
      return begun(head, record)
    case 'committed':
      return enter(head, record, record.to, record.timers)
    case 'forced':
    case 'migrated':
      // What was approved was a flip of the subject as it stood there, and as that chart declared it.
      return { ...enter(head, record, record.phase, record.timers), chart: record.chart, approvals: undefined }
    case 'rolledBack':
      return { ...head, version: n, epoch, flip: undefined, rolledBack: withRollback(head.rolledBack, record) }
    case 'approved':
      return { ...head, version: n, epoch, approvals: approved(head.approvals, record) }
    case 'denied':
    case 'pruned':
    case 'redacted':
      return { ...head, version: n, epoch }
    default:
      if (head.flip === undefined) return { ...head, version: n, epoch }
      return { ...head, version: n, epoch, flip: progress(head.flip, record) }
  }
}

type Progress = Exclude<
  JournalRecord,
  {
    kind:
      | 'requested'
      | 'committed'
      | 'forced'
      | 'migrated'
      | 'rolledBack'
      | 'approved'
      | 'denied'
      | 'pruned'
      | 'redacted'
  }
>

function progress(flip: FlipState, record: Progress): FlipState {
  switch (record.kind) {
    case 'started':
      return { ...flip, doubt: record.step }
    case 'stepped':
      return completed(flip, record.step, record.output)
    case 'turned':
      return { ...flip, course: { type: 'back', failure: record.failure, undo: record.undo } }
    case 'undone':
      return undone(flip)
    case 'stuck':
      return stop(flip, record)
    case 'resolved':
      return goOn(flip, record)
    case 'adopted':
      return { ...flip, owner: record.owner, doubt: record.doubt }
    case 'cancelRequested':
      return { ...flip, cancel: { actor: record.actor, reason: record.reason } }
    default:
      return unreachable(record)
  }
}

function begun(head: Head, record: JournalRecord<'requested'>): Head {
  const { n, epoch, chart, flip } = record
  return { ...head, version: n, epoch, chart, flip: begin(record), approvals: spent(head.approvals, flip) }
}

function withRollback(rolledBack: Head['rolledBack'], { flip, at }: JournalRecord<'rolledBack'>): readonly Rollback[] {
  return [{ flip, at }, ...(rolledBack ?? NOTHING).filter((earlier) => earlier.flip !== flip)]
}

function begin(record: JournalRecord<'requested'>): FlipState {
  const { flip, from, to, input, key, fingerprint, attempt, actor, owner, deadline, trace } = record
  return {
    id: record.flipId,
    flip,
    from,
    to,
    input,
    key,
    fingerprint,
    attempt,
    actor,
    owner,
    requestedAt: record.at,
    deadline,
    trace,
    done: NOTHING,
    doubt: undefined,
    confirmed: false,
    cancel: undefined,
    course: { type: 'forward' },
  }
}

function enter(head: Head, { n, epoch, at }: JournalRecord, phase: string, delays: readonly Delay[]): Head {
  const timers: readonly Timer[] =
    delays.length === 0 ? NOTHING : delays.map((d) => ({ flip: d.flip, at: at + d.afterMs }))
  const { chart, rolledBack, approvals } = head
  return { version: n, epoch, chart, phase, since: at, timers, flip: undefined, rolledBack, approvals }
}

function completed(flip: FlipState, step: string, output: unknown): FlipState {
  return { ...flip, done: [...flip.done, { step, output }], doubt: undefined }
}

function undone(flip: FlipState): FlipState {
  if (flip.course.type !== 'back') return flip
  return { ...flip, course: { ...flip.course, undo: flip.course.undo.slice(1) } }
}

function stop(flip: FlipState, { doing, step, failure }: JournalRecord<'stuck'>): FlipState {
  if (flip.course.type === 'stuck') return flip
  const doubt = doing === 'run' ? step : flip.doubt
  return { ...flip, doubt, course: { type: 'stuck', doing, step, failure, then: flip.course } }
}

function goOn(flip: FlipState, { how, owner, deadline }: JournalRecord<'resolved'>): FlipState {
  if (flip.course.type !== 'stuck' || how === 'force') return flip
  const { doing, step, then } = flip.course
  const going: FlipState = { ...flip, owner, deadline, course: then }
  if (how === 'retry') return going
  switch (doing) {
    case 'run':
      return completed(going, step, undefined)
    case 'confirm':
      return { ...going, confirmed: true }
    case 'undo':
      return undone(going)
    default:
      return unreachable(doing)
  }
}
