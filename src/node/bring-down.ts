import { type Clock, PhasegateError } from '../base/index.ts'
import type { Gate, Subject } from '../gate/index.ts'
import type { Actor } from '../ports/index.ts'
import { type Lifecycle, type LifecycleFlips, type LifecyclePhase, phasesWithPermits } from './lifecycle.ts'
import { RECORD_MS } from './platform/index.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import type { Summary } from './summary.ts'
import { pause, within } from './traffic/index.ts'

type ServiceSubject = Subject<LifecyclePhase, LifecycleFlips>

/** Who flips a service that nobody flips by hand: the reason says what it was told by. */
export const ITSELF: Actor = { id: 'service' }

/** From every other phase, modes among them, `drain` leads down. */
const PAST_DRAIN: readonly LifecyclePhase[] = ['starting', 'draining', 'stopped']
const PERMIT_POLL_MS = 20

/** A service that is to end. */
export interface Descending {
  readonly settings: Settings
  readonly gate: Gate<Lifecycle>
  readonly subject: ServiceSubject
  /** When its start has ended, either way. */
  readonly ready: Promise<void>
}

/**
 * Flips the service down, and sees to it that all parts of its end are done even where that cannot be recorded; then its
 * gate is closed. Resolves with undefined when the drain was called off: everything is left as it is.
 */
export async function bringDown(
  { settings, gate, subject, ready }: Descending,
  shutdown: Shutdown,
  reason: string,
): Promise<Summary | undefined> {
  const { clock, graceMs } = settings
  const flips = ready.catch(() => {}).then(() => flipDown(subject, reason, graceMs))
  const phases = phasesWithPermits(settings.modes)
  await shutdown
    .finish(flips, (deadline) => permitsBack(subject, phases, clock, deadline))
    .catch((error: unknown) => {
      if (!shutdown.isCalledOff) throw error
    })
  if (shutdown.isCalledOff) {
    await flips.catch(() => {})
    return undefined
  }
  const closed = flips.finally(() => gate.close({ within: 0 }))
  const unrecorded = await within(clock, RECORD_MS, closed, notRecorded).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return shutdown.summary(unrecorded)
}

/** Brings the service to `stopped`, from whatever phase it is in, waiting at most `waitMs` for each flip in progress. */
async function flipDown(subject: ServiceSubject, reason: string, waitMs: number): Promise<void> {
  if (!PAST_DRAIN.includes(await subject.phase())) await flip(subject, 'drain', { reason, waitMs })
  if ((await subject.phase()) !== 'stopped') await flip(subject, 'stop', { reason, waitMs })
  const phase = await subject.phase()
  if (phase !== 'stopped') throw notIn(subject.id, 'stopped', phase)
}

/**
 * Brings a service whose drain was called off back to where it was. What a mode turns away it goes on turning away: the mode
 * is left by nobody, only its phase is entered again.
 */
export async function flipUp(subject: ServiceSubject, mode: string | undefined, reason: string): Promise<void> {
  await subject.flip('undrain', { reason }, { actor: ITSELF })
  if (mode !== undefined) await subject.flip(`enter ${mode}` as 'undrain', { reason }, { actor: ITSELF })
}

/** One that was asked for by hand is waited for; that it then is no longer legal is what was wanted. */
async function flip(
  subject: ServiceSubject,
  name: 'drain' | 'stop',
  { reason, waitMs }: { readonly reason: string; readonly waitMs: number },
): Promise<void> {
  const { error } = await subject.safeFlip(name, { reason }, { wait: waitMs, actor: ITSELF })
  if (error !== undefined && error.code !== 'FLIP_ILLEGAL') throw error
}

/** Whether no permit is out any more, where no flip can wait for that. */
async function permitsBack(
  subject: ServiceSubject,
  phases: readonly LifecyclePhase[],
  clock: Clock,
  deadline: AbortSignal,
): Promise<boolean> {
  const anyOut = (): boolean => phases.some((phase) => subject.permits(phase) > 0)
  while (anyOut() && !deadline.aborted) await pause(clock, PERMIT_POLL_MS, deadline)
  return !anyOut()
}

/** A drain that nobody can call off any more. */
export function tooLateToServe(from: LifecyclePhase, why: string): PhasegateError<'FLIP_ILLEGAL'> {
  const message = `cannot flip "undrain" from "${from}": ${why}`
  return new PhasegateError('FLIP_ILLEGAL', message, { flip: 'undrain', from, allowed: [] })
}

export function notIn(subject: string, asked: LifecyclePhase, phase: LifecyclePhase): PhasegateError<'NOT_IN_PHASE'> {
  const message = `"${subject}" is not ${asked}, but ${phase}, or on its way to another phase`
  return new PhasegateError('NOT_IN_PHASE', message, { subject, asked, phase })
}

function notRecorded(): PhasegateError<'JOURNAL_FAILED'> {
  const cause = 'the journal did not take it in time'
  const message = `the drain could not be recorded: ${cause}`
  return new PhasegateError('JOURNAL_FAILED', message, { operation: 'append', cause })
}
