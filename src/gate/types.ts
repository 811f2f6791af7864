import type { Duration, PhasegateError, Stop } from '../base/index.ts'
import type { FlipsOf, FlipTypes, PhasesOf } from '../chart/index.ts'
import type { Actor, BreakGlass, Failure, FlipState, JournalRecord, Timer } from '../ports/index.ts'
import type { GateEvent, GateEvents } from '../telemetry/index.ts'
import type { TypedChart } from './gate-options.ts'
import type { Permit } from './permits.ts'

/** How a flip is asked for. */
export interface FlipOptions {
  /** Idempotency key: 1–255 printable ASCII characters, unique to one request. @default none: every call is a request of its own */
  readonly key?: string | undefined
  /** Who asks. Needed where the chart declares roles. @default nobody */
  readonly actor?: Actor | undefined
  /** How long to wait while another flip is in progress, or a resource is held. @default 0: refuse at once */
  readonly wait?: Duration | undefined
  /** Whether a call whose key is in progress waits for that outcome; false refuses it as busy. @default true */
  readonly join?: boolean | undefined
  /** A W3C traceparent: the flip belongs below it where no span is active, and so does who resumes it. @default none */
  readonly trace?: string | undefined
  /**
   * Passes policies that say no, and is recorded with those it passed. Legality, types, roles and plain guards hold.
   * @default policies hold
   */
  readonly breakGlass?: Order | undefined
}

/** What a committed flip answers. */
export interface FlipResult<
  From extends string = string,
  To extends string = string,
  Outputs = Readonly<Record<string, unknown>>,
> {
  readonly flipId: string
  readonly flip: string
  readonly from: From
  readonly to: To
  readonly epoch: number
  /** 1 for the first flip under its key, one more for each that was rolled back before. */
  readonly attempt: number
  /** What the steps returned, by name. */
  readonly outputs: Outputs
  /** Whether this is the stored outcome of an earlier call with the same key. */
  readonly replayed: boolean
}

/** The `safe` variants return this, as zod's `safeParse` does. */
export type Safe<Data> =
  | { readonly success: true; readonly data: Data; readonly error?: undefined }
  | { readonly success: false; readonly error: PhasegateError; readonly data?: undefined }

/** Input and options of a flip; the input may be left out where the flip declares none. */
export type FlipArguments<Input> = undefined extends Input
  ? [input?: Input, options?: FlipOptions]
  : [input: Input, options?: FlipOptions]

export type ResultOf<Flips extends FlipTypes, Name extends keyof Flips> = FlipResult<
  Flips[Name]['from'],
  Flips[Name]['to'],
  Flips[Name]['outputs']
>

/** What a flip would do, and why, without doing it. */
export interface Explanation {
  readonly flip: string
  readonly verdict:
    | 'would go'
    | 'would replay'
    | 'would join'
    | 'unauthorised'
    | 'bad input'
    | 'key mismatch'
    | 'busy'
    | 'illegal'
    | 'refused'
  /** One sentence. */
  readonly reason: string
  readonly phase: string
  readonly to: string | undefined
  /** The flips that are legal from the phase the subject is in. */
  readonly allowed: readonly string[]
  /** Every guard's answer; empty where it did not come to that. */
  readonly guards: readonly { readonly guard: string; readonly refusal: string | undefined }[]
  /** The policies that say no, and that `breakGlass` would pass; empty without it. */
  readonly passed: BreakGlass['passed']
  /** What would be done, in order. */
  readonly steps: readonly string[]
  readonly confirms: readonly string[]
}

/** What the journal says of a subject now. */
export interface SubjectState<Phases extends string = string> {
  readonly phase: Phases
  /** Wall time in ms at which the phase was entered; 0 for a subject that was never flipped. */
  readonly since: number
  readonly version: number
  readonly epoch: number
  readonly timers: readonly Timer[]
  /** The flip in progress. */
  readonly flip: FlipState | undefined
}

/** How a flip that was resumed or resolved has ended. `interrupted`: this process had to leave it again. */
export interface FlipOutcome {
  readonly subject: string
  readonly flipId: string
  readonly flip: string
  readonly outcome: 'committed' | 'rolledBack' | 'stuck' | 'interrupted'
  readonly failure: Failure | undefined
  readonly error: PhasegateError | undefined
}

/** Who orders something out of the ordinary, and why: both are recorded. */
export interface Order {
  readonly actor: Actor
  readonly reason: string
}

/** Records by their numbers, from 1, both included. */
export interface RecordRange {
  readonly from: number
  readonly to: number
}

/** A subject known to have been in `Phase`: only the flips that are legal from there compile. */
export interface Handle<Flips extends FlipTypes, Phase extends string> {
  readonly phase: Phase
  flip<Name extends LegalNames<Flips, Phase>>(
    name: Name,
    ...args: FlipArguments<Flips[Name]['input']>
  ): Promise<ResultOf<Flips, Name>>
  safeFlip<Name extends LegalNames<Flips, Phase>>(
    name: Name,
    ...args: FlipArguments<Flips[Name]['input']>
  ): Promise<Safe<ResultOf<Flips, Name>>>
}

export type LegalNames<Flips extends FlipTypes, Phase extends string> = {
  [Name in keyof Flips & string]: [Phase] extends [Flips[Name]['from']] ? Name : never
}[keyof Flips & string]

/** One thing that has a phase. */
export interface Subject<Phases extends string = string, Flips extends FlipTypes = FlipTypes> {
  readonly id: string
  /** The name of its chart. */
  readonly chart: string
  /** The phase in which this process saw it last: nothing is read, so it may be another by now; undefined before the first look. */
  readonly lastSeen: Phases | undefined
  /**
   * Changes the phase: legal, authorised, guarded, one at a time, resumable, undone when it fails.
   * @throws PhasegateError: FLIP_ILLEGAL, FLIP_BUSY, UNAUTHORISED, GUARD_REFUSED, INPUT_INVALID, KEY_MISMATCH, FLIP_ROLLED_BACK, FLIP_STUCK, …
   */
  flip<Name extends keyof Flips & string>(
    name: Name,
    ...args: FlipArguments<Flips[Name]['input']>
  ): Promise<ResultOf<Flips, Name>>
  /** `flip`, with the error returned instead of thrown. */
  safeFlip<Name extends keyof Flips & string>(
    name: Name,
    ...args: FlipArguments<Flips[Name]['input']>
  ): Promise<Safe<ResultOf<Flips, Name>>>
  /** What `flip` would do now, and why. Guards are asked; nothing is done or written. */
  explain<Name extends keyof Flips & string>(
    name: Name,
    ...args: [input?: Flips[Name]['input'], options?: FlipOptions]
  ): Promise<Explanation>
  /** The phase, read from the journal. */
  phase(): Promise<Phases>
  /** The phase, since when, the flip in progress, the timers: read from the journal. */
  state(): Promise<SubjectState<Phases>>
  /** A handle on which only the flips legal from `phase` compile. @throws NOT_IN_PHASE */
  at<Phase extends Phases>(phase: Phase): Promise<Handle<Flips, Phase>>
  /** Leave to do work under `phase`, by the phase this process saw last. @throws NOT_IN_PHASE, PHASE_UNKNOWN */
  admit(phase: Phases): Permit
  /** How many permits for `phase` this process has out. */
  permits(phase: Phases): number
  /** What happened to the subject, oldest first. */
  history(range?: { readonly from?: number; readonly to?: number }): AsyncIterable<JournalRecord>
  /**
   * Asks the flip to turn back at its next checkpoint, from whichever process; resolves when that is recorded.
   * @throws UNAUTHORISED, FLIP_NOT_FOUND, FLIP_PAST_RETURN
   */
  cancel(flipId: string, options: { readonly reason: string; readonly actor?: Actor | undefined }): Promise<void>
  /**
   * Moves a stuck flip on: `retry` what failed, `skip` it as if it had been done, or `force` the flip to end in `phase`
   * (its `from` or `to`; by default where it was heading) without doing anything more.
   * @throws UNAUTHORISED, FLIP_NOT_FOUND, FLIP_NOT_STUCK
   */
  resolve(
    flipId: string,
    how: 'retry' | 'skip' | 'force',
    order: Order & { readonly phase?: Phases | undefined },
  ): Promise<FlipOutcome>
  /**
   * Gives leave for one request of the flip with exactly this input, within an hour unless `within` says otherwise:
   * policies such as `approvals(2)` ask for it.
   * @throws FLIP_UNKNOWN, UNAUTHORISED, INPUT_INVALID, APPROVALS_FULL
   */
  approve<Name extends keyof Flips & string>(
    flip: Name,
    input: Flips[Name]['input'],
    order: Order & { readonly within?: Duration | undefined },
  ): Promise<void>
  /** Sets the phase, whatever is legal or in progress. Nothing is undone. @throws UNAUTHORISED */
  force(phase: Phases, order: Order): Promise<void>
  /**
   * Drops what records hold (input, results, reasons), for good; their headers stay, so that the chain still verifies. Who
   * did so and why is recorded. Copies in audit sinks are not touched.
   * @throws UNAUTHORISED, RECORD_NOT_FOUND, RECORD_IN_USE: of a flip in progress, or a record of a redaction
   */
  redact(records: number | RecordRange, order: Order): Promise<void>
  /**
   * Forgets the idempotency keys whose flips ended longer ago than `olderThan`: used again, they are new requests. Nothing
   * else forgets them. The records stay.
   * @throws UNAUTHORISED
   */
  prune(order: Order & { readonly olderThan: Duration }): Promise<void>
}

/** What `recover()` found and did. */
export interface Recovery {
  /** Flips of dead owners, taken over and driven to their end. */
  readonly adopted: readonly FlipOutcome[]
  /** Timers that had run out, and what became of their flips. */
  readonly fired: readonly {
    readonly subject: string
    readonly flip: string
    readonly error: PhasegateError | undefined
  }[]
  /** What could not be taken over now, and why. */
  readonly skipped: readonly { readonly subject: string; readonly error: PhasegateError }[]
}

/** A subject left by another version of the chart, that no declared migration moves. */
export interface Stranded {
  readonly subject: string
  readonly phase: string
  readonly version: number
  readonly fingerprint: string
  readonly flip: string | undefined
  readonly error: PhasegateError<'CHART_VERSION'>
}

/** The runtime that enforces one chart on its subjects. */
export interface Gate<C extends TypedChart = TypedChart> {
  readonly chart: C
  /** Unique to this gate of this process start. */
  readonly owner: string
  /** @throws OPTION_INVALID unless `id` is 1–255 characters of well-formed text */
  subject(id: string): Subject<PhasesOf<C>, FlipsOf<C>>
  /** Listens until the stop that it returns is called. A listener that throws is reported on `error`. */
  on<Event extends GateEvent>(event: Event, listener: (payload: GateEvents[Event]) => unknown): Stop
  /** Takes over the flips of dead owners and fires the timers that have run out, once; resolves when they have ended. */
  recover(options?: { readonly limit?: number | undefined }): Promise<Recovery>
  /** Recovers now and then in the background, without keeping the process alive, until `close`. */
  start(): void
  /** Subjects that this version of the chart refuses to touch. */
  stranded(): Promise<readonly Stranded[]>
  /**
   * Takes no more flips, waits up to `within` for those in progress, and leaves the rest to be adopted by another.
   * The journal and the lock that were given stay open.
   */
  close(options?: {
    /** @default '10s' */ readonly within?: Duration | undefined
  }): Promise<{ readonly left: readonly string[] }>
}
