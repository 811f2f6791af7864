import { isPhasegateError, messageOf } from '../../base/index.ts'
import type { Act, Actor, Failure } from '../../ports/index.ts'
import { type GateEvent, type GateEvents, parseTraceparent } from '../index.ts'

/** What is logged of an event, besides its sentence. Never inputs, results or keys: they are the journal's to keep. */
export interface LogEntry {
  readonly event: GateEvent
  readonly chart: string
  readonly subject?: string | undefined
  readonly flip?: string | undefined
  readonly flipId?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** In which the subject is after the event. */
  readonly phase?: string | undefined
  readonly attempt?: number | undefined
  readonly epoch?: number | undefined
  /** The number of the record. */
  readonly n?: number | undefined
  readonly step?: string | undefined
  readonly act?: Act | undefined
  readonly guard?: string | undefined
  readonly how?: string | undefined
  readonly repeats?: number | undefined
  /** The id of who acts. */
  readonly actor?: string | undefined
  /** Of the table of errors, or why a flip failed. */
  readonly code?: string | undefined
  readonly reason?: string | undefined
  readonly traceId?: string | undefined
  readonly durationMs?: number | undefined
  /** What was thrown, as loggers know to print it. */
  readonly err?: unknown
}

/** What events have in common, as far as it is logged. */
interface Facts {
  readonly chart: string
  readonly subject?: string
  readonly flip?: string | undefined
  readonly flipId?: string
  readonly from?: string
  readonly to?: string
  readonly phase?: string | undefined
  readonly attempt?: number
  readonly epoch?: number
  readonly n?: number
  readonly step?: string
  readonly act?: Act | undefined
  readonly guard?: string | undefined
  readonly how?: string
  readonly repeats?: number
  readonly actor?: Actor | undefined
  readonly reason?: string
  readonly failure?: Failure
  readonly error?: unknown
  readonly trace?: string | undefined
  readonly durationMs?: number
}

/** One flat record, without the fields that an event does not have. */
export function entryOf<Event extends GateEvent>(event: Event, payload: GateEvents[Event]): LogEntry {
  const facts: Facts = payload
  const { chart, subject, flip, flipId, from, to, attempt, epoch, n, step, act, guard, how, repeats } = facts
  const entry: LogEntry = {
    event,
    chart,
    subject,
    flip,
    flipId,
    from,
    to,
    phase: phaseAfter(event, facts),
    attempt,
    epoch,
    n,
    step: step ?? facts.failure?.step,
    act,
    guard: guard ?? guardIn(facts.error),
    how,
    repeats,
    actor: facts.actor?.id,
    ...whyOf(facts),
    traceId: parseTraceparent(facts.trace)?.traceId,
    durationMs: facts.durationMs,
    err: event === 'error' ? facts.error : undefined,
  }
  return compact(entry)
}

function phaseAfter(event: GateEvent, { phase, from, to }: Facts): string | undefined {
  return event === 'flip.committed' ? to : (phase ?? from)
}

function whyOf({ failure, error, reason }: Facts): Pick<LogEntry, 'code' | 'reason'> {
  if (failure !== undefined) return { code: failure.code, reason: failure.message }
  if (error === undefined) return { reason }
  return { code: isPhasegateError(error) ? error.code : undefined, reason: messageOf(error) }
}

function guardIn(error: unknown): string | undefined {
  return isPhasegateError(error, 'GUARD_REFUSED') ? error.facts.guard : undefined
}

function compact(entry: LogEntry): LogEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as unknown as LogEntry
}
