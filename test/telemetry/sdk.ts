import { context, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AggregationTemporality, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll } from 'vitest'

/** The spans of this test file know what they are called from, through promises. */
export function withContexts(): void {
  const manager = new AsyncLocalStorageContextManager()
  beforeAll(() => void context.setGlobalContextManager(manager.enable()))
  afterAll(() => context.disable())
}

export interface Spans {
  readonly tracer: Tracer
  /** Those that have ended, in that order. */
  ended(): readonly ReadableSpan[]
  /** The one of that name; it throws unless there is exactly one. */
  named(name: string): ReadableSpan
}

export function spans({ sampled = true, first = [] as readonly SpanProcessor[] } = {}): Spans {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    spanProcessors: [...first, new SimpleSpanProcessor(exporter)],
    ...(sampled ? {} : { sampler: new AlwaysOffSampler() }),
  })
  const ended = (): readonly ReadableSpan[] => exporter.getFinishedSpans()
  return {
    tracer: provider.getTracer('test'),
    ended,
    named(name) {
      const [found, ...more] = ended().filter((span) => span.name === name)
      if (found === undefined || more.length > 0) {
        throw new Error(
          `not one "${name}" in: ${ended()
            .map((span) => span.name)
            .join(', ')}`,
        )
      }
      return found
    },
  }
}

export const idOf = (span: ReadableSpan): string => span.spanContext().spanId
export const traceOf = (span: ReadableSpan): string => span.spanContext().traceId

/** One series: its labels, and its value; of a histogram, how many were recorded, and their sum. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, unknown>>
  readonly value: number | { readonly count: number; readonly sum: number }
}

class Reader extends MetricReader {
  protected override onShutdown = async (): Promise<void> => undefined
  protected override onForceFlush = async (): Promise<void> => undefined
}

/** With `forgets`, what is observed no more is told no more; otherwise, as with Prometheus, its last value is. */
export function metrics({ forgets = false } = {}) {
  const temporality = forgets ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE
  const reader = new Reader({ aggregationTemporalitySelector: () => temporality })
  const provider = new MeterProvider({ readers: [reader] })
  const all = async (): Promise<readonly Series[]> => {
    const { resourceMetrics } = await reader.collect()
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ attributes: labels, value }) => ({ name, labels, value: shown(value) })),
      ),
    )
  }
  return {
    provider,
    meter: provider.getMeter('test'),
    all,
    /** The series of one metric of which there was anything, as `{ labels, value }`. */
    async of(name: string) {
      const found = (await all()).filter((series) => series.name === name && series.value !== 0)
      return found.map(({ labels, value }) => ({ labels, value }))
    },
  }
}

function shown(value: number | Histogram | object): Series['value'] {
  if (typeof value === 'number') return value
  const { count, sum } = value as Histogram
  return { count, sum: Math.round((sum ?? 0) * 1e6) / 1e6 }
}
