import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { unreachable } from '../../base/index.ts'
import type { FlipState, Part, PartFailure, Prospect, WatchedEnd } from '../../ports/index.ts'
import { type FlipBegin, formatTraceparent, parseTraceparent } from '../index.ts'
import { endSpan } from './failure.ts'

/** Where the spans of one gate are made. */
export interface Tracing {
  readonly tracer: Tracer
  readonly chart: string
  /** The name of a flip where there may only be so many: that of the chart, or `unknown`. */
  readonly flip: string
}

/** The span of one flip, and the context in which its parts run. */
export class FlipSpan {
  readonly #tracer: Tracer
  readonly #span: Span
  readonly #context: Context
  #about: Attributes

  constructor({ tracer, chart, flip }: Tracing, begin: FlipBegin) {
    const { parent, links } = placeOf(begin)
    this.#tracer = tracer
    this.#about = { 'phasegate.chart': chart, 'phasegate.subject': begin.subject, 'phasegate.flip': begin.flip }
    const attributes = { ...this.#about, ...takeoverOf(begin) }
    this.#span = tracer.startSpan(`flip ${flip}`, { kind: SpanKind.INTERNAL, attributes, links: [...links] }, parent)
    this.#context = trace.setSpan(parent, this.#span)
  }

  /** What goes into the record: a traceparent, where there is a trace. */
  get trace(): string | undefined {
    const found = this.#span.spanContext()
    return isSpanContextValid(found) ? formatTraceparent(found) : undefined
  }

  get isSampled(): boolean {
    return isSampled(this.#span.spanContext())
  }

  waited(ms: number): void {
    this.#span.addEvent('waited', { 'phasegate.wait_ms': ms })
  }

  going({ from, to, attempt }: Prospect): void {
    this.#tell({ 'phasegate.from': from, 'phasegate.to': to, 'phasegate.attempt': attempt })
  }

  joined(traceparent: string | undefined): void {
    const other = remote(traceparent)
    if (other !== undefined) this.#span.addLink({ context: other })
  }

  taken({ id, from, to, attempt }: FlipState, epoch: number): void {
    this.#tell({
      'phasegate.from': from,
      'phasegate.to': to,
      'phasegate.attempt': attempt,
      'phasegate.flip_id': id,
      'phasegate.epoch': epoch,
    })
  }

  begin({ kind, name }: Part): PartSpan {
    const attributes = { ...this.#about, 'phasegate.part': name }
    const span = this.#tracer.startSpan(`${kind} ${name}`, { kind: SpanKind.INTERNAL, attributes }, this.#context)
    return new PartSpan(span, trace.setSpan(this.#context, span))
  }

  ended({ outcome, flipId, failure }: WatchedEnd): void {
    this.#span.setAttribute('phasegate.outcome', outcome)
    if (flipId !== undefined) this.#span.setAttribute('phasegate.flip_id', flipId)
    if (outcome === 'refused' && failure !== undefined) this.#span.setAttribute('phasegate.reason', failure.code)
    endSpan(this.#span, failure)
  }

  #tell(facts: Attributes): void {
    this.#about = { ...this.#about, ...facts }
    this.#span.setAttributes(facts)
  }
}

/** The span of a part, which the user's function sees as the active one. */
export class PartSpan {
  readonly #span: Span
  readonly #context: Context

  constructor(span: Span, inside: Context) {
    this.#span = span
    this.#context = inside
  }

  run<Result>(call: () => Result): Result {
    return context.with(this.#context, call)
  }

  again(tries: number): void {
    this.#span.addEvent('retry', { 'phasegate.try': tries })
  }

  ended(failure: PartFailure | undefined): void {
    endSpan(this.#span, failure)
  }
}

/**
 * What a flip is asked for from is its parent; of a flip that is taken over, the span of its first owner. Whatever a timer,
 * or a poll, happens to run in has nothing to do with the flip.
 */
function placeOf({ beginning, trace: given }: FlipBegin): {
  readonly parent: Context
  readonly links: readonly Link[]
} {
  const kept = remote(given)
  const here = context.active()
  const active = trace.getSpanContext(here)
  switch (beginning) {
    case 'asked':
      return { parent: active !== undefined || kept === undefined ? here : trace.setSpanContext(here, kept), links: [] }
    case 'timer':
      return { parent: ROOT_CONTEXT, links: [] }
    case 'adopted':
      return below(ROOT_CONTEXT, kept)
    case 'resolved':
      return below(trace.deleteSpan(here), kept, active)
    default:
      return unreachable(beginning)
  }
}

/** In the trace of the first owner, with a link to it, and to what it is done for now. */
function below(base: Context, owner: SpanContext | undefined, by?: SpanContext) {
  const links = [owner, by].flatMap((found) => (found === undefined ? [] : [{ context: found }]))
  return { parent: owner === undefined ? base : trace.setSpanContext(base, owner), links }
}

function takeoverOf({ beginning }: FlipBegin): Attributes {
  return beginning === 'adopted' || beginning === 'resolved' ? { 'phasegate.takeover': beginning } : {}
}

function remote(traceparent: string | undefined): SpanContext | undefined {
  const parsed = parseTraceparent(traceparent)
  return parsed && { ...parsed, isRemote: true }
}

function isSampled(found: SpanContext): boolean {
  return isSpanContextValid(found) && (found.traceFlags & TraceFlags.SAMPLED) !== 0
}
