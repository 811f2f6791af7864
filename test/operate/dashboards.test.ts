import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { blocksOf } from '../docs/markdown.ts'
import { describeWith, type PrometheusServer, startPrometheus } from '../servers/index.ts'
import { DASHBOARDS, dashboard, type Panel, queriesOf } from './dashboards.ts'
import { measuredRun, sampling } from './run.ts'
import { ROOT, RULE_FILES, text } from './shipped.ts'

describe.each(DASHBOARDS)('%s', (name) => {
  const { uid, title, schemaVersion, panels, templating, links } = dashboard(name)
  const graphs = panels.filter(({ type }) => type !== 'row')

  test('is a dashboard with a source to choose, and filters for job, chart and flip', () => {
    expect({ uid, schemaVersion }).toEqual({ uid: `phasegate-${name.replace('.json', '')}`, schemaVersion: 38 })
    expect(title).toMatch(/^phasegate: /)
    expect(templating.list.map((variable) => variable.name)).toEqual(['datasource', 'job', 'chart', 'flip'])
    expect(templating.list[0]).toMatchObject({ type: 'datasource', query: 'prometheus' })
  })

  test('links to the other one', () => {
    const others = DASHBOARDS.filter((other) => other !== name).map((other) => `/d/${dashboard(other).uid}`)
    expect(links.map(({ url }) => url)).toEqual(others)
  })

  test.for(graphs)('"$title" says what it shows, in which unit, from the source that was chosen', (panel) => {
    expect(panel.description ?? '').toMatch(/^[A-Z`].+\.$/)
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^(short|none|s|ops|percentunit)$/)
    expect(panel.fieldConfig?.defaults.thresholds.steps.length).toBeGreaterThan(0)
    expect(panel.targets?.length).toBeGreaterThan(0)
    for (const { datasource } of panel.targets ?? []) expect(datasource.uid).toMatch(/^\$\{datasource\}$/)
  })

  test('has panels that lie beside each other, each with an id of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const overlaps = panels.flatMap((one, index) => panels.slice(index + 1).filter((other) => overlap(one, other)))
    expect(overlaps.map((panel) => panel.title)).toEqual([])
    expect(panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([])
  })
})

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

describeWith('prometheus', 'a Prometheus that has scraped a run', () => {
  let server: PrometheusServer
  const stops: (() => unknown)[] = []

  beforeAll(async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true })
    const run = measuredRun(new MeterProvider({ readers: [exporter] }).getMeter('phasegate'), sampling())
    const metrics = createServer((request, response) => exporter.getMetricsRequestHandler(request, response))
    stops.push(() => metrics.close())
    metrics.listen(0, '127.0.0.1')
    await once(metrics, 'listening')
    await run.round()
    const { port } = metrics.address() as AddressInfo
    server = await startPrometheus({ jobs: { api: [port] }, rules: RULE_FILES.map(text) })
    stops.push(() => server.stop())
    await scraped('phasegate_flips_total > 0')
    // What only began to be counted in the first round has grown after the second.
    await run.round()
    await scraped('increase(phasegate_flips_total[1m]) > 0')
  }, 60_000)
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  const scraped = (query: string): Promise<void> =>
    vi.waitFor(async () => expect(await server.query(query), query).not.toEqual([]), { timeout: 20_000, interval: 100 })

  /** Rules that build on others come an evaluation later. */
  const answered = async (query: string): Promise<void> => {
    await scraped(query)
    for (const { value } of await server.query(query)) expect(value, query).not.toBeNaN()
  }

  test('has seen each counter count', async () => {
    const names = async (query: string) => new Set((await server.query(query)).map(({ labels }) => labels.__name__))
    const counters = '{__name__=~"phasegate_.+_total"}'
    expect(await names(`${counters} > 0`)).toEqual(await names(counters))
    expect((await names(counters)).size).toBeGreaterThan(10)
  })

  test.for(DASHBOARDS.flatMap((name) => queriesOf(dashboard(name))))('gives a dashboard: %s', answered)

  const runbooks = blocksOf(text(`${ROOT}/docs/operate/runbooks.md`)).filter(({ info }) => info === 'promql')
  test.for(runbooks.map((block) => block.text))('gives a runbook: %s', answered)
})
