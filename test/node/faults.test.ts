import { createServer } from 'node:http'
import pg from 'pg'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, type TestContext, test } from 'vitest'
import { type Service, service } from '../../src/node/index.ts'
import { connection, describeWith, startPostgres } from '../servers/index.ts'
import type { PostgresServer } from '../servers/postgres.ts'
import { type PostgresProxy, startProxy } from '../servers/proxy.ts'
import { after, hello, portOf, QUICK, RawClient, serve } from './harness.ts'

describeWith('postgres', 'a database that is down when the service stops', () => {
  interface Site {
    readonly running: Service
    readonly client: RawClient
    readonly log: string[]
  }

  /** A service with its journal and its pool on a PostgreSQL of its own, and a slow request in flight. */
  async function site(
    fail: (postgres: PostgresServer, proxy: PostgresProxy) => unknown,
    { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  ): Promise<Site> {
    const postgres = await startPostgres({ fsync: false })
    const proxy = await startProxy({ target: postgres.port })
    onTestFinished(async () => {
      proxy.stop()
      await postgres.stop()
    })
    const pool = new pg.Pool({ ...connection(postgres), port: proxy.port, max: 1, connectionTimeoutMillis: 500 })
    pool.on('error', () => undefined)
    await migrate(pool)
    const server = createServer((_, response) => void setTimeout(() => response.end('slow'), 400))
    const log: string[] = []
    const running = service({
      ...QUICK,
      server,
      journal: postgresJournal(pool),
      log: (line) => log.push(line),
      dependencies: { database: { stop: () => pool.end(), stopTimeout: '1s' } },
    })
    await running.ready
    const client = await RawClient.connect(portOf(server))
    client.get('/')
    await after(50)
    await fail(postgres, proxy)
    return { running, client, log }
  }

  test('and gone, the requests are answered, and what could not be recorded is told with code 1', async (context) => {
    const { running, client } = await site((postgres) => postgres.kill(), context)
    const summary = await running.drain('SIGTERM')
    expect(client.responses()).toEqual(['200 close'])
    expect(summary).toMatchObject({ code: 1, answered: 1, cut: [] })
    expect(summary.error).toMatchObject({ code: expect.stringMatching(/^(JOURNAL_FAILED|OUTCOME_UNKNOWN)$/) })
  })

  test('and hangs, it is not waited for longer than the budget says', async (context) => {
    const { running, client, log } = await site((_, proxy) => proxy.deafen(), context)
    const summary = await running.drain('SIGTERM')
    expect(client.responses()).toEqual(['200 close'])
    expect(summary).toMatchObject({ code: 1, answered: 1, cut: [] })
    expect(log.at(-1)).toContain('code 1')
    // Lame duck, the request or the deadline, the pool, and recording; with room for a busy machine.
    expect(summary.ms.total).toBeLessThan(400 + 1_500 + 1_000 + 500 + 2_000)
  })
})

describe('a request', () => {
  test('that never ends is cut at the deadline, named, and ends with code 1', async () => {
    const { service, port, log } = await serve(() => {}, { deadline: 200 })
    const client = await RawClient.connect(port)
    client.get('/never?token=secret')
    await after(30)
    const summary = await service.drain('test')
    expect(summary).toMatchObject({ code: 1, cut: [{ what: 'request', method: 'GET', path: '/never', bytes: 0 }] })
    expect(log[0]).toMatch(/^cut at the deadline: GET \/never, 0\.\d s, 0 bytes$/)
    await client.ended()
  })

  test('whose body stalls is ended by the timeout of the server, which closing the listener has not switched off', async () => {
    const server = createServer(
      { requestTimeout: 600, headersTimeout: 600, connectionsCheckingInterval: 50 },
      (incoming) => incoming.resume(),
    )
    const running = service({ ...QUICK, server, deadline: 10_000, log: () => {} })
    await running.ready
    const client = await RawClient.connect(portOf(server))
    client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
    await after(30)
    const stopped = running.drain('test')
    await client.ended()
    const { code, ms, cut } = await stopped
    expect([code, cut]).toEqual([0, []])
    expect(ms.total).toBeLessThan(5_000)
  })

  test('whose head never ends is ended by that, too', async () => {
    const server = createServer({ headersTimeout: 600, connectionsCheckingInterval: 50 }, hello)
    const running = service({ ...QUICK, server, deadline: 10_000, log: () => {} })
    await running.ready
    const client = await RawClient.connect(portOf(server))
    client.send('GET / HTTP/1.1\r\nHo')
    await after(30)
    const stopped = running.drain('test')
    await client.ended()
    expect(client.received).toContain('408')
    expect(await stopped).toMatchObject({ code: 0, cut: [] })
  })
})

test('drain() twice, and a signal, and a flip by hand: everything is done once', async () => {
  const told: string[] = []
  const tell = (what: string) => () => void told.push(what)
  const { service } = await serve(hello, {
    signals: ['SIGHUP'],
    dependencies: { jobs: { pause: tell('pause'), drain: tell('drain'), stop: tell('stop') } },
  })
  const first = service.drain('one')
  const byHand = service.subject.safeFlip('drain', { reason: 'by hand' }, { wait: '5s' })
  process.emit('SIGHUP', 'SIGHUP')
  expect(await service.drain('two')).toBe(await first)
  await byHand
  expect(told).toEqual(['pause', 'drain', 'stop'])
})
