import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { workerFile } from '../processes/bundle.ts'
import { freePort } from '../servers/child.ts'
import { describeWith, startPrometheus, type WhenFinished } from '../servers/index.ts'
import type { Order } from './service.ts'
import { anchorsOf, ROOT, RULE_FILES, text } from './shipped.ts'

// Real time, for Prometheus has no other: some ten seconds.

/** The rules as they are shipped, but for their patience. */
const HURRIED = RULE_FILES.map((file) => text(file).replaceAll(/^( {8}for:) .+$/gm, '$1 1s'))
const PATIENCE = { timeout: 20_000, interval: 100 }

describeWith('prometheus', 'a service that Prometheus scrapes', () => {
  test('has an alert while one of its flips is stuck, and none any more when it is resolved', {
    timeout: 90_000,
  }, async ({ onTestFinished }) => {
    const { port, order } = await startService(onTestFinished)
    const server = await startPrometheus({ jobs: { api: [port] }, rules: HURRIED })
    onTestFinished(() => server.stop())
    const firing = async () => (await server.alerts()).filter(({ labels }) => labels.alertname === 'PhasegateFlipStuck')
    const stuck = async () => (await server.query('phasegate_flips_stuck{chart="database"}')).map(({ value }) => value)
    await vi.waitFor(async () => expect(await stuck()).toEqual([0]), PATIENCE)
    expect(await firing()).toEqual([])

    expect(await order('cut over')).toBe('FLIP_STUCK')
    await vi.waitFor(async () => expect((await firing()).map(({ state }) => state)).toEqual(['firing']), PATIENCE)
    const [alert] = await firing()
    expect(alert?.labels).toMatchObject({ job: 'api', chart: 'database', severity: 'page' })
    const [page = '', anchor] = (alert?.annotations.runbook_url ?? '').split('#')
    expect(anchorsOf(text(`${ROOT}/${page}`))).toContain(anchor)

    expect(await order('resolve')).toBe('committed')
    await vi.waitFor(async () => expect(await firing()).toEqual([]), PATIENCE)
    expect(await stuck()).toEqual([0])
  })
})

async function startService(whenFinished: WhenFinished) {
  const port = await freePort()
  const service = fork(workerFile('watched'), [`${port}`], { execArgv: [] })
  whenFinished(async () => void service.kill('SIGKILL'))
  const order = async (what: Order): Promise<unknown> => {
    const answered = once(service, 'message')
    service.send(what)
    return (await answered)[0]
  }
  return { port, order }
}
