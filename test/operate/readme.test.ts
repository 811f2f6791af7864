import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../docs/markdown.ts'
import { temporaryFolder } from '../processes/start.ts'
import { describeWith } from '../servers/index.ts'
import { measuredRun, sampling } from './run.ts'
import { ROOT, RULE_FILES, rulesOf, text } from './shipped.ts'

const run = promisify(execFile)
const page = text(join(ROOT, 'docs/operate/README.md'))

describeWith('prometheus', 'the README of docs/operate', ({ promtool }) => {
  test('shows a configuration that Prometheus takes, with the rules beside it', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished)
    const [yaml] = blocksOf(page).filter(({ info }) => info === 'yaml')
    mkdirSync(join(folder, 'phasegate'))
    for (const file of RULE_FILES) copyFileSync(file, join(folder, 'phasegate', basename(file)))
    writeFileSync(join(folder, 'prometheus.yml'), yaml?.text ?? '')
    const { stdout } = await run(promtool, ['check', 'config', join(folder, 'prometheus.yml')])
    expect(stdout).toContain('SUCCESS: 2 rule files found')
  })
})

describe('the README of docs/operate', () => {
  test('counts the alerts', () => {
    const alerts = RULE_FILES.flatMap((file) => rulesOf(text(file))).filter(({ kind }) => kind === 'alert')
    expect(page).toContain(`${alerts.length} alerts`)
  })

  test('has a table of the metrics with the names and labels that the exporter gives them', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true })
    await measuredRun(new MeterProvider({ readers: [exporter] }).getMeter('phasegate'), sampling()).round()
    const { resourceMetrics } = await exporter.collect()
    const scrape = new PrometheusSerializer().serialize(resourceMetrics)
    expect(tableOf(page)).toEqual(metricsOf(scrape))
    expect(untouched(scrape), 'counted nothing in a run in which everything happens').toEqual([])
  })
})

/** Name and sorted labels of each metric in the format in which Prometheus scrapes them. */
function metricsOf(scrape: string): Record<string, string[]> {
  const names = [...scrape.matchAll(/^# TYPE (phasegate_\w+) /gm)].map(([, name = '']) => name)
  const labels = (name: string): string[] => {
    const samples = scrape.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.+)\\} `, 'gm'))
    const keys = [...samples].flatMap(([, inside = '']) => [...inside.matchAll(/(\w+)="/g)].map(([, key = '']) => key))
    return [...new Set(keys)].filter((key) => key !== 'le' && !key.startsWith('otel_scope_')).sort()
  }
  return Object.fromEntries(names.sort().map((name) => [name, labels(name)]))
}

/** Counters that have counted nothing. */
function untouched(scrape: string): string[] {
  const counters = [...scrape.matchAll(/^# TYPE (phasegate_\w+) counter/gm)].map(([, name = '']) => name)
  return counters.filter((name) => !new RegExp(`^${name}\\{.*\\} [1-9]`, 'm').test(scrape))
}

function tableOf(markdown: string): Record<string, string[]> {
  const rows = [...markdown.matchAll(/^\| `([\w.]+)`[^|]* \| `(\w+)` \| ([\w, ]+) \|/gm)]
  const told = rows.map(([, , name = '', labels = '']) => [name, labels.split(', ').sort()] as const)
  return Object.fromEntries(told.sort(([one], [other]) => (one < other ? -1 : 1)))
}
