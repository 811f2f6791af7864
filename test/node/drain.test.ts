import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { service } from '../../src/node/index.ts'
import { after, hello, portOf, QUICK, RawClient, serve } from './harness.ts'

describe('from the trigger', () => {
  test('readiness is 503 in the same tick, while liveness stays 200', async () => {
    const { service, port } = await serve(hello, { lameDuck: { min: 300, quiet: 40, max: 400 } })
    const client = await RawClient.connect(port)
    await client.get('/readyz').body('"status":"ready"')
    void service.drain('test')
    expect(service.health()).toMatchObject({ isReady: false, draining: 'test' })
    await client.get('/readyz').body('"status":"not ready"')
    const other = await RawClient.connect(port)
    await other.get('/livez').body('"status":"alive"')
    expect([...client.responses(), ...other.responses()]).toEqual(['200 keep-alive', '503 close', '200 close'])
  })

  test('a signal counts in the same tick as well', async () => {
    const { service } = await serve(hello, { signals: ['SIGHUP'] })
    process.emit('SIGHUP', 'SIGHUP')
    expect(service.health()).toMatchObject({ isReady: false, draining: 'SIGHUP' })
    expect(await service.stopped).toMatchObject({ reason: 'SIGHUP', code: 0 })
    expect(process.listenerCount('SIGHUP')).toBe(0)
  })

  test('a process that stood still has not been left alone: what came meanwhile is traffic', async () => {
    const listened: boolean[] = []
    const { service, server, port } = await serve(
      (_request, response) => {
        listened.push(server.listening)
        response.end('hello')
      },
      { lameDuck: { min: 50, quiet: 150, max: 2_000 } },
    )
    const first = await RawClient.connect(port)
    const second = await RawClient.connect(port)
    void service.drain('test')
    await first.get('/').body('hello')
    second.get('/')
    const until = performance.now() + 400
    while (performance.now() < until);
    await second.body('hello')
    expect(listened).toEqual([true, true])
  })

  test('everybody who asks joins the one drain', async () => {
    const { service, log } = await serve(hello)
    const drained: string[] = []
    service.gate.on('flip.committed', ({ flip }) => drained.push(flip))
    const [one, two] = await Promise.all([service.drain('first'), service.drain('second')])
    expect(one).toBe(two)
    expect(one.reason).toBe('first')
    expect(drained).toEqual(['drain', 'stop'])
    expect(log).toHaveLength(1)
  })

  test('the flips are recorded as its own, with the reason, and their parts with what they took', async () => {
    const { service } = await serve(hello)
    const told: unknown[] = []
    service.gate.on('flip.requested', ({ flip, input, actor }) => told.push([flip, input, actor?.id]))
    service.gate.on('flip.stepped', ({ step, output }) => told.push([step, typeof output]))
    await service.drain('kernel patch')
    expect(told).toEqual([
      ['drain', { reason: 'kernel patch' }, 'service'],
      ['say goodbye', 'number'],
      ['stop', { reason: 'kernel patch' }, 'service'],
      ['lame duck', 'number'],
      ['stop accepting', 'number'],
      ['linger', 'number'],
      ['in flight', 'number'],
      ['release', 'object'],
    ])
  })

  test('a flip that is asked for by hand drains as well', async () => {
    const { service } = await serve(hello)
    await service.subject.flip('drain', { reason: 'by hand' })
    expect(service.health().isReady).toBe(false)
    expect(await service.stopped).toMatchObject({ reason: 'by hand', code: 0 })
  })
})

describe('permits', () => {
  test('one that was given out for other work is waited for', async () => {
    const { service } = await serve(hello)
    const permit = service.subject.admit('active')
    setTimeout(() => permit.done(), 300)
    const summary = await service.drain('test')
    expect(summary.code).toBe(0)
    expect(summary.ms.total).toBeGreaterThan(280)
  })

  test('one that does not come back is named at the deadline', async () => {
    const { service } = await serve(hello, { deadline: 200 })
    service.subject.admit('active')
    expect(await service.drain('test')).toMatchObject({ code: 1, cut: [{ what: 'permits' }] })
  })

  test('each request holds one, and gives it back', async () => {
    const { service, port } = await serve((_, response) => void setTimeout(() => response.end('hello'), 50))
    const client = await RawClient.connect(port)
    client.get('/').get('/')
    await after(20)
    expect(service.subject.permits('active')).toBe(2)
    await client.until(() => client.responses().length === 2)
    await after(10)
    expect(service.subject.permits('active')).toBe(0)
  })
})

describe('the server', () => {
  test('of its owner, listening already, is left as it was found', async () => {
    const server = createServer(hello).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { emit } = server
    const running = service({ ...QUICK, listen: undefined, server, log: () => {} })
    await running.ready
    expect(server.emit).not.toBe(emit)
    const client = await RawClient.connect(portOf(server))
    await client.get('/').body('hello')
    expect(await running.drain('test')).toMatchObject({ code: 0, idleClosed: 1 })
    expect(server.emit).toBe(emit)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const again = await RawClient.connect(portOf(server))
    await again.get('/readyz').body('hello')
    server.closeAllConnections()
    server.close()
  })
})
