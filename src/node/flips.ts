import { type Clock, PhasegateError } from '../base/index.ts'
import type { Subject } from '../gate/index.ts'
import type { Actor } from '../ports/index.ts'
import type { LifecycleFlips, LifecyclePhase } from './lifecycle.ts'
import { NEVER, pause } from './traffic/index.ts'

type ServiceSubject = Subject<LifecyclePhase, LifecycleFlips>

/** Who flips a service that nobody flips by hand: the reason says what it was told by. */
export const ITSELF: Actor = { id: 'service' }

const WITH_PERMITS: readonly LifecyclePhase[] = ['starting', 'active', 'draining']
const PERMIT_POLL_MS = 20

/** Brings the service to `stopped`, from whatever phase it is in, waiting at most `waitMs` for each flip in progress. */
export async function flipDown(subject: ServiceSubject, reason: string, waitMs: number): Promise<void> {
  if ((await subject.phase()) === 'active') await flip(subject, 'drain', { reason, waitMs })
  if ((await subject.phase()) !== 'stopped') await flip(subject, 'stop', { reason, waitMs })
  const phase = await subject.phase()
  if (phase !== 'stopped') throw notIn(subject.id, 'stopped', phase)
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

/** Resolves when no permit is out, where no flip can wait for that. */
export async function permitsBack(subject: ServiceSubject, clock: Clock): Promise<void> {
  while (WITH_PERMITS.some((phase) => subject.permits(phase) > 0)) await pause(clock, PERMIT_POLL_MS, NEVER)
}

export function notIn(subject: string, asked: LifecyclePhase, phase: LifecyclePhase): PhasegateError<'NOT_IN_PHASE'> {
  const message = `"${subject}" is not ${asked}, but ${phase}, or on its way to another phase`
  return new PhasegateError('NOT_IN_PHASE', message, { subject, asked, phase })
}

export function notRecorded(): PhasegateError<'JOURNAL_FAILED'> {
  const cause = 'the journal did not take it in time'
  const message = `the drain could not be recorded: ${cause}`
  return new PhasegateError('JOURNAL_FAILED', message, { operation: 'append', cause })
}
