import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { observeTrail, openTelemetry } from 'phasegate/otel'
import { expect, test } from 'vitest'
import { mortal, over, signal, stage } from '../gate/stage.ts'
import { fail, never, open, order } from './bay.ts'
import { spans } from './sdk.ts'

// The table of metrics in docs/operate/telemetry.md against what a Prometheus would scrape.

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/operate/telemetry.md'), 'utf8')
const KINDS: Readonly<Record<string, string>> = {
  counter: 'counter',
  histogram: 'histogram',
  gauge: 'gauge',
  'up-down counter': 'gauge',
}

interface Row {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
}

/** The rows of the table, by the names that the exporter gives: it appends no unit. */
const ROWS: readonly Row[] = PAGE.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.replaceAll('`', '').trim())
  const [, otel = '', kind = '', labels = '', name = ''] = cells
  if (!otel.startsWith('phasegate.') || !name.startsWith('phasegate_')) return []
  const [type = kind] = Object.keys(KINDS).filter((known) => kind.startsWith(known))
  return [{ name: name.replace(/_seconds$/, ''), type: KINDS[type] ?? kind, labels: labels.split(', ') }]
})

/** Everything that is measured happens at least once. */
async function everything(): Promise<string> {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [exporter] }).getMeter('phasegate')
  const telemetry = openTelemetry({ meter, tracer: spans().tracer })
  const on = stage()
  const dead = mortal(on.journal)
  void open(undefined, { 'step lift': never }, { ...on, journal: dead.journal }).bay.safeFlip('raise')
  await on.clock.advance(0)
  dead.die()
  await on.clock.advance(20_000)
  const spray = signal()
  const acts = { 'step lift': fail, 'step spray': () => spray.promise }
  const { gate, bay } = open(telemetry, acts, { ...on, journal: over(on.journal, { renew: async () => false }) })
  const done = [gate.recover(), gate.subject('south').safeFlip('hose')]
  await on.clock.advance(1)
  await bay.safeFlip('raise')
  done.push(gate.subject('west').safeFlip('hose', undefined, { wait: '1m' }))
  await on.clock.advance(1_000)
  await open(undefined, {}, on).gate.subject('south').force('shut', order)
  spray.resolve()
  await on.clock.advance(60_000)
  await Promise.all(done)
  await bay.force('open', order)
  await bay.flip('close')
  await bay.safeFlip('lower')
  await open(telemetry, { 'guard clear': fail }, on).bay.safeFlip('raise')
  const sink = { sink: 'disk', role: 'delivering', failures: 0, failing: undefined, delivered: 1 } as const
  observeTrail(
    {
      lag: () => [
        { ...sink, of: 'records', behind: 1, oldestMs: 1, lastDeliveredAt: 1 },
        { ...sink, of: 'checkpoints', seq: 1, ageMs: 1 },
      ],
    },
    { meter },
  )
  const { resourceMetrics, errors } = await exporter.collect()
  expect(errors).toEqual([])
  return new PrometheusSerializer().serialize(resourceMetrics)
}

test('the table of metrics says what a Prometheus scrapes: the names, the kinds, the labels', async () => {
  const text = await everything()
  const scraped = [...text.matchAll(/^# TYPE (phasegate_\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
    const series = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, 'gm'))
    const keys = [...series].flatMap(([, labels = '']) => [...labels.matchAll(/(\w+)="/g)].map(([, key = '']) => key))
    const labels = [...new Set(keys)].filter((key) => key !== 'le' && !key.startsWith('otel_scope'))
    return { name, type, labels: labels.sort() }
  })
  const byName = (one: Row, other: Row): number => one.name.localeCompare(other.name)
  expect(ROWS).toHaveLength(23)
  expect(scraped.sort(byName)).toEqual(ROWS.map((row) => ({ ...row, labels: [...row.labels].sort() })).sort(byName))
})
