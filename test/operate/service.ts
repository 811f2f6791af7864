import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createGate } from 'phasegate'
import { openTelemetry } from 'phasegate/otel'
import { database } from './database.ts'

// A service that is scraped, and does what it is ordered. It says how each order ended.

export type Order = 'cut over' | 'resolve'

const port = Number(process.argv[2])
const reader = new PrometheusExporter({ host: '127.0.0.1', port })
const meter = new MeterProvider({ readers: [reader] }).getMeter('phasegate')
const deps = { dnsAnswers: false }
const gate = createGate(database, { deps, telemetry: openTelemetry({ meter, observeEvery: '200ms' }) })
const subject = gate.subject('db-7')

async function cutOver(): Promise<string> {
  const { error } = await subject.safeFlip('cut over')
  return error?.code ?? 'committed'
}

async function resolve(): Promise<string> {
  deps.dnsAnswers = true
  const { flip } = await subject.state()
  const order = { actor: { id: 'kim' }, reason: 'dns is back' }
  return (await subject.resolve(flip?.id ?? '', 'retry', order)).outcome
}

process.on('message', (order: Order) => {
  void (order === 'cut over' ? cutOver() : resolve()).then((end) => process.send?.(end))
})
process.on('disconnect', () => process.exit())
