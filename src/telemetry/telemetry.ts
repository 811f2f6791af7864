import type { AnyChart } from '../chart/index.ts'
import type { Clock, FlipWatch, Stop } from '../ports/index.ts'
import type { GateEvent, GateEvents } from './events.ts'

/** Somebody who listens to the events of a gate. */
export interface Listenable {
  on<Event extends GateEvent>(event: Event, listener: (payload: GateEvents[Event]) => unknown): Stop
}

/** A gate, as those see it who watch it. */
export interface Watched extends Listenable {
  readonly chart: AnyChart
  readonly clock: Clock
  /** How many flips have a dead owner, and how many are stuck, by the journal; counted up to 1,000. */
  partial(): Promise<number>
  stuck(): Promise<number>
  /** Reports, on the event `error`, what went wrong while it was watched. */
  failed(error: unknown, during: string): void
}

/** How this process comes to a flip: asked for, by a timer, in place of a dead owner, by an operator's resolution. */
export type Beginning = 'asked' | 'timer' | 'adopted' | 'resolved'

/** What is known of a flip when it begins to be watched. */
export interface FlipBegin {
  readonly beginning: Beginning
  readonly subject: string
  /** As it was asked for: the chart need not declare it. */
  readonly flip: string
  /** What the caller gave as `trace`; of a flip that is adopted or resolved, what was kept with its request. */
  readonly trace: string | undefined
}

/** Watches one gate. */
export interface GateWatch {
  flip(begin: FlipBegin): FlipWatch
  /** Called once, when the gate has closed. */
  stop(): void
}

/** Watches gates: spans and metrics, say. What it throws is reported on `error`, and harms nothing. */
export interface Telemetry {
  attach(gate: Watched): GateWatch
}
