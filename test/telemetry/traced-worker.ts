import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { chart, createGate } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { openTelemetry } from 'phasegate/otel'

// A process that traces what it does to a receiver. The first begins a flip inside a span of its own, and never comes to
// the end of the second step; the second takes the flip over.

export interface TracedOrders {
  readonly folder: string
  readonly receiver: string
  readonly role: 'first' | 'second'
}

const orders: TracedOrders = JSON.parse(process.argv[2] ?? '{}')

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const exporter = new OTLPTraceExporter({ url: orders.receiver })
// What has ended is sent at once: this process may be killed.
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)

const never = new Promise<void>(() => undefined)
const tracer = trace.getTracer('worker')

const mast = chart('mast', { version: 1 })
  .phase('down', { initial: true })
  .phase('up', { final: true })
  .flip('raise', (f) =>
    f
      .from('down')
      .to('up')
      .guard('calm', () => true)
      .step('one', { run: () => undefined })
      .step('two', {
        run: async () => {
          if (orders.role === 'first') {
            process.send?.('in two')
            await never
          }
          tracer.startSpan('crane').end()
        },
      })
      .step('three', { run: () => undefined })
      .confirm('level', () => true),
  )
  .build()

const journal = fileJournal(orders.folder)
const gate = createGate(mast, { journal, telemetry: openTelemetry() })
if (orders.role === 'first') {
  await tracer.startActiveSpan('request', () => gate.subject('north').flip('raise'))
} else {
  const { adopted } = await gate.recover()
  await gate.close()
  await journal.close()
  await provider.shutdown()
  process.send?.(adopted.map(({ outcome }) => outcome).join())
  process.disconnect?.()
}
