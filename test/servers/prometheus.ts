import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary, freePort, type Server, ServerProcess, temporaryFolder } from './child.ts'

/** Where its programs are. */
export interface PrometheusFacts {
  readonly prometheus: string
  readonly promtool: string
}

/** A series, and its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

export interface PrometheusServer extends Server {
  readonly url: string
  /** Every series that the query gives now. Rejects when the query is none. */
  query(promql: string): Promise<readonly Sample[]>
  /** The alerts that are pending or firing. */
  alerts(): Promise<readonly Alert[]>
}

/** What a server scrapes, and how. */
export interface Scraping {
  /** Job names, and the ports of 127.0.0.1 at which their processes are scraped. */
  readonly jobs: Readonly<Record<string, readonly number[]>>
  /** The texts of rule files. */
  readonly rules: readonly string[]
}

export const INSTALL_PROMETHEUS = 'apt-get install prometheus'

/** Undefined where it is not installed. */
export function findPrometheus(): PrometheusFacts | undefined {
  const [prometheus, promtool] = [binary('prometheus'), binary('promtool')]
  return prometheus === undefined || promtool === undefined ? undefined : { prometheus, promtool }
}

/** Scrapes and evaluates once a second; keeps what it finds until it is stopped. */
export async function startPrometheus(scraping: Scraping): Promise<PrometheusServer> {
  const found = findPrometheus()
  if (found === undefined) throw new Error(`Prometheus is not installed: ${INSTALL_PROMETHEUS}`)
  const port = await freePort()
  const folder = temporaryFolder('prometheus', undefined)
  const files = scraping.rules.map((_, index) => join(folder, `${index}.rules.yml`))
  for (const [index, file] of files.entries()) writeFileSync(file, scraping.rules[index] ?? '')
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config(scraping, files)))
  const url = `http://127.0.0.1:${port}`
  const server = new ServerProcess({
    command: [found.prometheus, ...flags(folder, port)],
    folder,
    answers: () => ask(`${url}/-/ready`),
    stopSignal: 'SIGKILL',
  })
  await server.start()
  const asked = { query: (promql: string) => query(url, promql), alerts: () => alerts(url) }
  return Object.assign(server, { port, url, ...asked })
}

/** JSON is YAML, too. */
function config({ jobs }: Scraping, rules: readonly string[]): unknown {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: Object.entries(jobs).map(([job, ports]) => ({
      job_name: job,
      static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }],
    })),
  }
}

function flags(folder: string, port: number): readonly string[] {
  return [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]
}

async function ask(url: string): Promise<void> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

async function query(url: string, promql: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: promql }) })
  const answer = (await response.json()) as Answer
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${promql}`)
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

async function alerts(url: string): Promise<readonly Alert[]> {
  const response = await fetch(`${url}/api/v1/alerts`)
  return ((await response.json()) as { readonly data: { readonly alerts: readonly Alert[] } }).data.alerts
}

type Answer =
  | {
      readonly status: 'success'
      readonly data: {
        readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[]
      }
    }
  | { readonly status: 'error'; readonly error: string }
