import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'
import { type Duration, duration, known } from '../../base/index.ts'
import type { FlipState, FlipWatch, Part, PartFailure, PartWatch, Prospect, WatchedEnd } from '../../ports/index.ts'
import type { FlipBegin, GateWatch, Telemetry, Watched } from '../index.ts'
import { able } from './able.ts'
import { type Instruments, instrumentsOf } from './instruments.ts'
import { listen } from './listen.ts'
import { observe } from './look.ts'
import { FlipMeasures } from './measures.ts'
import { FlipSpan, type PartSpan } from './spans.ts'
import { countFromZero } from './zero.ts'

export interface OpenTelemetryOptions {
  /** @default the tracer `phasegate` of the global provider */
  readonly tracer?: Tracer | undefined
  /** @default the meter `phasegate` of the global provider, as it is when a gate is created */
  readonly meter?: Meter | undefined
  /** How often the journal may be asked how many flips are partial and stuck. @default '10s' */
  readonly observeEvery?: Duration | undefined
}

interface Settings {
  readonly tracer: Tracer
  readonly meter: Meter
  readonly observeEveryMs: number
}

/**
 * Spans and metrics of every flip, through the API of OpenTelemetry: what becomes of them is for the SDK that the process
 * has, and nothing where it has none. One may serve many gates.
 * @throws OPTION_INVALID naming the option
 * @example createGate(upgrade, { deps, telemetry: openTelemetry() })
 */
export function openTelemetry(options?: OpenTelemetryOptions): Telemetry {
  const given = known(options, 'openTelemetry options', ['tracer', 'meter', 'observeEvery'])
  const tracer = able<Tracer>(given.tracer, 'tracer', 'startSpan')
  const meter = able<Meter>(given.meter, 'meter', 'createCounter')
  const observeEveryMs = duration(given.observeEvery, 'observeEvery', '10s')
  return {
    // Not before: the global meter of a process that has no SDK yet would measure nothing, for ever.
    attach: (gate) =>
      new OtelGate(gate, {
        tracer: tracer ?? trace.getTracer('phasegate'),
        meter: meter ?? metrics.getMeter('phasegate'),
        observeEveryMs,
      }),
  }
}

class OtelGate implements GateWatch {
  readonly #gate: Watched
  readonly #tracer: Tracer
  readonly #instruments: Instruments
  readonly #stops: readonly (() => void)[]

  constructor(gate: Watched, { tracer, meter, observeEveryMs: everyMs }: Settings) {
    this.#gate = gate
    this.#tracer = tracer
    this.#instruments = instrumentsOf(meter)
    countFromZero(gate.chart, this.#instruments)
    const { partial, stuck } = this.#instruments
    this.#stops = [
      listen(gate, this.#instruments),
      observe(gate, partial, { ask: () => gate.partial(), everyMs }),
      observe(gate, stuck, { ask: () => gate.stuck(), everyMs }),
    ]
  }

  flip(begin: FlipBegin): FlipWatch {
    const { chart, clock } = this.#gate
    // Callers may ask for anything: what the chart does not know is one name.
    const labels = { chart: chart.name, flip: chart.flips.has(begin.flip) ? begin.flip : 'unknown' }
    const span = new FlipSpan({ tracer: this.#tracer, ...labels }, begin)
    return new OtelFlip(span, new FlipMeasures(this.#instruments, labels, clock))
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}

class OtelFlip implements FlipWatch {
  readonly #span: FlipSpan
  readonly #measures: FlipMeasures

  constructor(span: FlipSpan, measures: FlipMeasures) {
    this.#span = span
    this.#measures = measures
  }

  get trace(): string | undefined {
    return this.#span.trace
  }

  waited(ms: number): void {
    this.#measures.waited(ms)
    this.#span.waited(ms)
  }

  going(prospect: Prospect): void {
    this.#span.going(prospect)
  }

  joined(traceparent: string | undefined): void {
    this.#span.joined(traceparent)
  }

  taken(flip: FlipState, epoch: number): void {
    this.#measures.taken(flip)
    this.#span.taken(flip, epoch)
  }

  begin(part: Part): PartWatch {
    return new OtelPart(this.#span.begin(part), this.#measures.begin(part))
  }

  ended(end: WatchedEnd): void {
    this.#measures.ended(end, this.#span.isSampled)
    this.#span.ended(end)
  }
}

class OtelPart implements PartWatch {
  readonly #span: PartSpan
  readonly #measured: (failure: PartFailure | undefined) => void

  constructor(span: PartSpan, measured: (failure: PartFailure | undefined) => void) {
    this.#span = span
    this.#measured = measured
  }

  run<Result>(call: () => Result): Result {
    return this.#span.run(call)
  }

  again(tries: number): void {
    this.#span.again(tries)
  }

  ended(failure: PartFailure | undefined): void {
    this.#measured(failure)
    this.#span.ended(failure)
  }
}
