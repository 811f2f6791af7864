import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import { freePort } from '../servers/index.ts'
import { after, hello, portOf, QUICK, RawClient, serve } from './harness.ts'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(port: number, path: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) }
}

async function withPort(
  options: Partial<ServiceOptions> = {},
): Promise<{ service: Service; health: number; port: number }> {
  const health = await freePort()
  const server = createServer(hello)
  const listen = { port: health, host: '127.0.0.1' }
  const running = service({ ...QUICK, server, log: () => {}, health: { listen }, ...options })
  onTestFinished(async () => {
    await running.drain('the test has finished')
  })
  await running.ready
  return { service: running, health, port: portOf(server) }
}

describe('the probes', () => {
  test('tell the phase, since when, the epoch, what is in flight and what is waited for', async () => {
    const { service, port } = await serve((_, response) => void setTimeout(() => response.end(), 400))
    const ready = await ask(port, '/readyz?verbose')
    expect(ready).toMatchObject({ status: 200, body: { status: 'ready', phase: 'active', epoch: 1, inFlight: 0 } })
    expect(Math.abs(Date.parse(String(ready.body.since)) - Date.now())).toBeLessThan(10_000)
    expect(await ask(port, '/startupz')).toMatchObject({ status: 200, body: { status: 'started' } })
    const client = await RawClient.connect(port)
    client.get('/report?token=secret')
    await after(30)
    void service.drain('SIGTERM')
    const draining = await ask(port, '/readyz')
    expect(draining).toMatchObject({ status: 503, body: { status: 'not ready', draining: 'SIGTERM', inFlight: 1 } })
    expect(draining.body.waitingFor).toEqual([expect.stringMatching(/^GET \/report, 0\.\d s, 0 bytes$/)])
  })

  test('that are switched off are requests like any other', async () => {
    const { port } = await serve(hello, { health: { startup: false } })
    const client = await RawClient.connect(port)
    await client.get('/startupz').body('hello')
  })
})

describe('on a port of its own', () => {
  test('it answers there alone, from before the start until after the last request', async () => {
    const answers: unknown[] = []
    let health = 0
    const start = async (): Promise<void> => {
      answers.push(await ask(health, '/startupz'), await ask(health, '/readyz'), await ask(health, '/livez'))
    }
    const stop = async (): Promise<void> => {
      answers.push(await ask(health, '/readyz'), await ask(health, '/livez'))
    }
    health = await freePort()
    const server = createServer(hello)
    const running = service({
      ...QUICK,
      server,
      log: () => {},
      health: { listen: { port: health, host: '127.0.0.1' } },
      dependencies: { database: { start, stop } },
    })
    await running.ready
    const client = await RawClient.connect(portOf(server))
    await client.get('/readyz').body('hello')
    expect(await ask(health, '/elsewhere')).toMatchObject({ status: 404 })
    await running.drain('test')
    expect(answers).toMatchObject([
      { status: 503, body: { status: 'starting', phase: 'starting' } },
      { status: 503 },
      { status: 200 },
      { status: 503, body: { phase: 'draining', waitingFor: [expect.stringContaining('dependency database')] } },
      { status: 200 },
    ])
    await expect(ask(health, '/livez')).rejects.toThrow()
  })

  test('a preStop hook begins the drain', async () => {
    const health = await freePort()
    const { service } = await withPort({ health: { listen: { port: health, host: '127.0.0.1' }, preStop: '/prestop' } })
    expect(await ask(health, '/prestop')).toMatchObject({
      status: 200,
      body: { status: 'draining', draining: 'preStop' },
    })
    expect(await service.stopped).toMatchObject({ reason: 'preStop', code: 0 })
  })

  test('a port that is taken fails the start', async () => {
    const { health } = await withPort()
    const other = service({
      ...QUICK,
      server: createServer(hello),
      log: () => {},
      health: { listen: { port: health, host: '127.0.0.1' } },
    })
    await expect(other.ready).rejects.toThrow('EADDRINUSE')
    expect(await other.stopped).toMatchObject({ code: 1 })
  })

  test('probes keep neither the lame duck nor the process waiting', async () => {
    const { service, health } = await withPort({ lameDuck: { min: 50, quiet: 100, max: 1_000 } })
    const probing = setInterval(() => void ask(health, '/readyz').catch(() => {}), 10)
    const { ms, code } = await service.drain('test')
    clearInterval(probing)
    expect(code).toBe(0)
    expect(ms.lameDuck).toBeLessThan(900)
  })
})
