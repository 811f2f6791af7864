import { EventEmitter } from 'eventemitter3'
import { callable, type PhasegateError, refuse, type Stop } from '../base/index.ts'
import type { Act, Actor, FlipState, JournalRecord, RecordKind, SubjectRef } from '../ports/index.ts'

/** Which flip a record belongs to; absent on the records of no flip (`denied`, `forced`, `migrated`, …). */
interface FlipFacts {
  readonly flipId: string
  readonly flip: string
  readonly from: string
  readonly to: string
  readonly attempt: number
  readonly key: string | undefined
  readonly actor: Actor | undefined
  /** As it was kept with the request: a W3C traceparent, if anybody gave one. */
  readonly trace: string | undefined
  /** Wall milliseconds since the flip was requested. */
  readonly durationMs: number
}

/** On the records by which a phase is left. */
interface LeavingFacts {
  /** Wall time in ms at which the phase that was left had been entered; undefined for the first one of a subject. */
  readonly since: number | undefined
}

type Leaving = 'committed' | 'forced' | 'migrated'
type FlipLess = 'approved' | 'denied' | 'forced' | 'migrated' | 'pruned' | 'redacted'

/** What a listener gets for a record: all that the record says, whose it is, and the flip it belongs to. */
export type RecordEvent<Kind extends RecordKind> = JournalRecord<Kind> & {
  readonly chart: string
  readonly subject: string
} & (Kind extends FlipLess ? unknown : FlipFacts) &
  (Kind extends Leaving ? LeavingFacts : unknown)

/** Every event of a gate: one for every kind of record, once it is stored; and what leaves no record. */
export type GateEvents = { readonly [Kind in RecordKind as `flip.${Kind}`]: RecordEvent<Kind> } & {
  /** A flip was refused before its intent: illegal, busy, unauthorised, guarded, bad input, … */
  readonly 'flip.refused': {
    readonly chart: string
    readonly subject: string
    readonly flip: string
    readonly actor: Actor | undefined
    /** The phase in which this process saw the subject last. */
    readonly phase: string | undefined
    readonly trace: string | undefined
    readonly error: PhasegateError
  }
  /** Somebody was refused leave for something: every time, also where the record of it is only counted. */
  readonly unauthorised: {
    readonly chart: string
    readonly subject: string
    readonly act: Act
    readonly flip: string | undefined
    readonly actor: Actor | undefined
    readonly error: PhasegateError
  }
  /** This process had to leave a flip: its lease was lost, or a newer owner has written. */
  readonly 'lease.lost': {
    readonly chart: string
    readonly subject: string
    readonly flipId: string
    readonly flip: string
    readonly epoch: number
    readonly error: PhasegateError
  }
  /** A listener threw, or background work failed. Nothing else was harmed. */
  readonly error: { readonly chart: string; readonly error: unknown; readonly during: string }
}

export type GateEvent = keyof GateEvents

const EVENTS: { readonly [Event in GateEvent]: true } = {
  'flip.requested': true,
  'flip.started': true,
  'flip.stepped': true,
  'flip.turned': true,
  'flip.undone': true,
  'flip.committed': true,
  'flip.rolledBack': true,
  'flip.stuck': true,
  'flip.resolved': true,
  'flip.adopted': true,
  'flip.cancelRequested': true,
  'flip.approved': true,
  'flip.denied': true,
  'flip.forced': true,
  'flip.migrated': true,
  'flip.pruned': true,
  'flip.redacted': true,
  'flip.refused': true,
  unauthorised: true,
  'lease.lost': true,
  error: true,
}

const LEAVING: ReadonlySet<RecordKind> = new Set<Leaving>(['committed', 'forced', 'migrated'])

/** What a record is told with: the flip that it is about, and since when the subject had been in its phase. */
interface Recorded {
  readonly flip: FlipState | undefined
  readonly since: number
}

type Listener = (payload: unknown) => void

/** The typed emitter of a gate. Payloads are made only when somebody listens; a listener that throws harms nothing. */
export class Events {
  readonly #emitter = new EventEmitter<string>()
  readonly #chart: string

  constructor(chart: string) {
    this.#chart = chart
  }

  /** Listens until the stop that it returns is called. @throws OPTION_INVALID for an event that there is not */
  on<Event extends GateEvent>(event: Event, listener: (payload: GateEvents[Event]) => unknown): Stop {
    if (!Object.hasOwn(EVENTS, event)) refuse('the event', event, `one of ${Object.keys(EVENTS).join(', ')}`)
    callable(listener, `the listener of "${event}"`)
    const guarded: Listener = (payload) => this.#call(event, () => listener(payload as GateEvents[Event]))
    this.#emitter.on(event, guarded)
    return () => this.#emitter.off(event, guarded)
  }

  emit<Event extends GateEvent>(event: Event, payload: () => GateEvents[Event]): void {
    if (this.#emitter.listenerCount(event) > 0) this.#emitter.emit(event, payload())
  }

  /** Tells of a stored record. */
  recorded(ref: SubjectRef, record: JournalRecord, { flip, since }: Recorded): void {
    const event = `flip.${record.kind}`
    if (this.#emitter.listenerCount(event) === 0) return
    // A denial may be recorded while a flip is in progress: it is not of that flip.
    const about = 'flipId' in record ? factsOf(flip, record.at) : undefined
    const left = LEAVING.has(record.kind) ? { since: since === 0 ? undefined : since } : undefined
    this.#emitter.emit(event, { ...about, ...left, ...record, chart: ref.chart, subject: ref.id })
  }

  /** Reports what went wrong where nobody waits for it; a process warning when nobody listens either. */
  failed(error: unknown, during: string): void {
    if (this.#emitter.listenerCount('error') > 0) {
      this.#emitter.emit('error', { chart: this.#chart, error, during })
      return
    }
    process.emitWarning(`${during}: ${error instanceof Error ? error.message : String(error)}`, {
      type: 'PhasegateWarning',
      detail: `chart "${this.#chart}"; listen to gate.on('error') to handle this`,
    })
  }

  #call(event: GateEvent, listener: () => unknown): void {
    try {
      const result = listener()
      if (result instanceof Promise) result.catch((error: unknown) => this.#listenerFailed(event, error))
    } catch (error) {
      this.#listenerFailed(event, error)
    }
  }

  #listenerFailed(event: GateEvent, error: unknown): void {
    // A listener of `error` that throws is not told of itself.
    if (event === 'error') queueMicrotask(() => process.emitWarning(`a listener of "error" threw: ${String(error)}`))
    else this.failed(error, `a listener of "${event}"`)
  }
}

function factsOf(flip: FlipState | undefined, at: number): FlipFacts | undefined {
  if (flip === undefined) return undefined
  const { id, from, to, attempt, key, actor, trace } = flip
  return { flipId: id, flip: flip.flip, from, to, attempt, key, actor, trace, durationMs: at - flip.requestedAt }
}
