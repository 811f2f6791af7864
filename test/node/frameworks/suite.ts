import { Agent, request } from 'node:http'
import type { Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type App, type Service, type ServiceOptions, service } from '../../../src/node/index.ts'
import { portOf, QUICK, RawClient } from '../harness.ts'

export type Api = Service<'read-only'>

/** An application of a framework, with two routes: both say `done` after `work()`. */
export interface Application {
  readonly server: NonNullable<ServiceOptions['server']>
  /** Adds `GET /slow`, and `POST /orders`, which is served in `active` only. */
  route(api: Api, work: () => Promise<void>): void
}

interface Running {
  readonly api: Api
  readonly port: number
  /** What happened, in order. */
  readonly told: readonly string[]
}

/** What holds for a service around each framework. `make` tells of hooks that the framework has for its end. */
export function frameworkSuite(
  name: string,
  make: (told: (what: string) => void) => Promise<Application>,
  { hooks }: { readonly hooks: readonly string[] },
): void {
  const run = async (work: () => Promise<void>, told: string[] = []): Promise<Running> => {
    const { server, route } = await make((what) => void told.push(what))
    const database = { start: () => void told.push('database started'), stop: () => void told.push('database stopped') }
    const options = { ...QUICK, server, dependencies: { database }, log: () => {} }
    const api = service({ ...options, modes: { 'read-only': {} } })
    onTestFinished(async () => void (await api.drain('the test has finished')))
    route(api, work)
    await api.ready
    return { api, port: portOf((isApp(server) ? server.server : server) as Server), told }
  }

  describe(`a service around ${name}`, () => {
    test('loses no request of clients that ask on while it is drained, and runs the hooks of the framework between the last response and the end of its dependencies', async () => {
      const told: string[] = []
      const { api, port } = await run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        told.push('worked')
      }, told)
      const outcomes = Promise.all(Array.from({ length: 16 }, () => askUntilRefused(port)))
      while (told.filter((what) => what === 'worked').length < 64) await new Promise(setImmediate)
      const summary = await api.drain('under load')
      const counts = await outcomes
      expect(counts.flatMap(({ lost }) => lost)).toEqual([])
      expect(summary).toMatchObject({ code: 0, cut: [], failed: [] })
      expect(summary.answered).toBeGreaterThan(0)
      const end = told.lastIndexOf('worked')
      expect(counts.reduce((sum, { answered }) => sum + answered, 0)).toBe(told.slice(0, end + 1).filter(isWork).length)
      expect(told[0]).toBe('database started')
      expect(told.slice(end + 1)).toEqual([...hooks, 'database stopped'])
    })

    test('ends though a client keeps its connection', async () => {
      const { api, port } = await run(async () => {})
      const client = await RawClient.connect(port)
      client.get('/slow')
      await client.body('done')
      expect(await api.drain('nobody asks any more')).toMatchObject({ code: 0, idleClosed: 1 })
      expect((await client.ended()).responses()).toHaveLength(1)
    })

    test('turns a route away in another mode, tells the client to go elsewhere, and serves the others', async () => {
      const { api, port } = await run(async () => {})
      expect(await ask(port, 'POST', '/orders')).toMatchObject({ status: 200, body: 'done' })
      await api.subject.flip('enter read-only', { reason: 'failover' })
      const refused = await ask(port, 'POST', '/orders')
      expect(refused).toMatchObject({ status: 503, body: '' })
      expect(refused.headers).toMatchObject({ 'retry-after': '1', connection: 'close' })
      expect(await ask(port, 'GET', '/slow')).toMatchObject({ status: 200, body: 'done' })
      await api.subject.flip('resume', { reason: 'failed over' })
      expect(await ask(port, 'POST', '/orders')).toMatchObject({ status: 200, body: 'done' })
      expect(api.health().inFlight).toBe(0)
    })

    test('enters a mode only when what its routes would turn away has been answered', async () => {
      const [begun, finish] = [signal(), signal()]
      const { api, port } = await run(() => {
        begun.give()
        return finish.given
      })
      const seen: string[] = []
      const asked = ask(port, 'POST', '/orders')
      await begun.given
      const entered = api.subject.flip('enter read-only', { reason: 'failover' }).then(() => seen.push('entered'))
      // Whoever comes while the mode is being entered is turned away already, or it might never be.
      await until(async () => (await ask(port, 'POST', '/orders')).status === 503)
      seen.push('finished')
      finish.give()
      expect((await asked).status).toBe(200)
      await entered
      expect(seen).toEqual(['finished', 'entered'])
    })

    test('serves in a drain what it served before', async () => {
      const { api, port } = await run(async () => {})
      const first = await RawClient.connect(port)
      const drained = api.drain('lame')
      await until(async () => api.health().phase === 'draining')
      first.send('POST /orders HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
      expect((await first.body('done')).responses()).toEqual(['200 close'])
      expect(await drained).toMatchObject({ code: 0, answered: 1 })
    })
  })
}

function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give: () => give() }
}

function isApp(server: Application['server']): server is App {
  return !('listen' in server)
}

function isWork(what: string): boolean {
  return what === 'worked'
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2))
}

interface Answer {
  readonly status: number | undefined
  readonly headers: { readonly [name: string]: unknown }
  readonly body: string
}

function ask(port: number, method: string, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, method, host: '127.0.0.1', ...(agent && { agent }) }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    asked.on('error', reject).end()
  })
}

/** A client that ignores readiness: one request after the other, on a connection that it keeps. */
async function askUntilRefused(port: number): Promise<{ readonly answered: number; readonly lost: readonly string[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const lost: string[] = []
  try {
    for (let answered = 0; ; ) {
      const outcome = await ask(port, 'GET', '/slow', agent).catch((error: Error) => error.message)
      if (typeof outcome !== 'string' && outcome.status === 200 && outcome.body === 'done') answered++
      else if (typeof outcome === 'string' && outcome.includes('ECONNREFUSED')) return { answered, lost }
      else lost.push(JSON.stringify(outcome))
    }
  } finally {
    agent.destroy()
  }
}
