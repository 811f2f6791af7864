import { expect, test } from 'vitest'
import { hello, RawClient, serve } from './harness.ts'

test('idle ones, also those that never sent a byte, are closed when they have lingered', async () => {
  const { service, port } = await serve(hello)
  const used = await RawClient.connect(port)
  await used.get('/').body('hello')
  const unused = await RawClient.connect(port)
  const started = performance.now()
  const stopped = service.drain('test')
  await Promise.all([used.ended(), unused.ended()])
  expect(performance.now() - started).toBeGreaterThan(190)
  expect(await stopped).toMatchObject({ code: 0, idleClosed: 2 })
})

test('without any, a drain takes the lame duck and no more', async () => {
  const { service } = await serve(hello, {
    lameDuck: { min: 100, quiet: '10s', max: '11s' },
    linger: '5s',
    deadline: '10s',
  })
  const { ms, code } = await service.drain('test')
  expect(code).toBe(0)
  expect(ms.total).toBeLessThan(400)
})

test('1,000 idle ones cost a drain no more than a moment', async () => {
  const { service, port } = await serve(hello, { deadline: '10s' })
  const clients: RawClient[] = []
  while (clients.length < 1_000) {
    // No more at a time than the kernel's queue takes.
    clients.push(...(await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(port)))))
  }
  const stopped = service.drain('test')
  await Promise.all(clients.map((client) => client.ended()))
  const summary = await stopped
  expect(summary).toMatchObject({ code: 0, idleClosed: 1_000 })
  expect(summary.ms.total).toBeLessThan(2_000)
})

test('an endless stream is cut at the deadline, and named', async () => {
  const { service, port, log } = await serve(
    (_, response) => {
      const ticks = setInterval(() => response.write('tick'), 20)
      response.on('close', () => clearInterval(ticks))
    },
    { deadline: 300 },
  )
  const client = await RawClient.connect(port)
  await client.get('/events?token=secret').body('tick')
  const summary = await service.drain('test')
  await client.ended()
  expect(summary.code).toBe(1)
  expect(summary.cut).toMatchObject([{ what: 'request', method: 'GET', path: '/events' }])
  expect(summary.cut[0]?.bytes).toBeGreaterThan(30)
  expect(log[0]).toMatch(/^cut at the deadline: GET \/events, 0\.\d s, \d+ bytes$/)
})

test('an upgraded one is waited for, and cut at the deadline', async () => {
  const { service, server, port } = await serve(hello, { deadline: 300 })
  server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const client = await RawClient.connect(port)
  await client.get('/ws', 'Connection: Upgrade\r\nUpgrade: test\r\n').body('101')
  const summary = await service.drain('test')
  expect(summary).toMatchObject({ code: 1, cut: [{ what: 'upgraded connection' }] })
})
