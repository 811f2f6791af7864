import { createServer, request } from 'node:http'
import { expect, test } from 'vitest'
import { service } from '../../src/node/index.ts'
import { parseOptions } from '../../src/node/settings.ts'
import { after, hello, portOf, QUICK, RawClient } from './harness.ts'

const loopback = { port: 0, host: '127.0.0.1' }
const plain = { ...QUICK, listen: undefined, log: () => {} }

test('several servers open together, close together, and are waited for together', async () => {
  const slow = createServer((_, response) => void setTimeout(() => response.end('slow'), 400))
  const quick = createServer(hello)
  const running = service({
    ...plain,
    servers: { slow: { server: slow, listen: loopback }, quick: { server: quick, listen: loopback } },
  })
  const listens: unknown[] = []
  running.gate.on('flip.stepped', ({ step, output }) => step === 'listen' && listens.push(output))
  await running.ready
  expect(listens).toEqual([`slow 127.0.0.1:${portOf(slow)}, quick 127.0.0.1:${portOf(quick)}`])
  const [busy, idle] = [await RawClient.connect(portOf(slow)), await RawClient.connect(portOf(quick))]
  busy.get('/')
  await idle.get('/').body('hello')
  const closed: number[] = []
  for (const server of [slow, quick]) server.on('close', () => closed.push(performance.now()))
  const stopped = running.drain('test')
  while (slow.listening) await after(5)
  expect(quick.listening).toBe(false)
  expect(await stopped).toMatchObject({ code: 0, answered: 1, idleClosed: 1, cut: [] })
  expect(busy.responses()).toEqual(['200 close'])
})

test('one that cannot listen closes those that do', async () => {
  const first = createServer(hello)
  const taken = createServer(hello).listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const running = service({
    ...plain,
    servers: {
      first: { server: first, listen: loopback },
      second: { server: createServer(hello), listen: { port: portOf(taken), host: '127.0.0.1' } },
    },
  })
  await expect(running.ready).rejects.toThrow('EADDRINUSE')
  expect(await running.stopped).toMatchObject({ code: 1 })
  expect(first.listening).toBe(false)
  taken.close()
})

test('an app is opened after the dependencies and closed before them, after its last request', async () => {
  const told: string[] = []
  const server = createServer((_, response) => {
    setTimeout(() => {
      told.push('answered')
      response.end()
    }, 200)
  })
  const app = { server, open: () => told.push('open'), close: () => told.push('close') }
  const running = service({
    ...QUICK,
    log: () => {},
    server: app,
    dependencies: { database: { start: () => told.push('start'), stop: () => told.push('stop') } },
  })
  await running.ready
  const client = await RawClient.connect(portOf(server))
  client.get('/')
  await after(30)
  expect(await running.drain('test')).toMatchObject({ code: 0 })
  expect(told).toEqual(['start', 'open', 'answered', 'close', 'stop'])
})

test('goodbyes can be spread: at first few responses say it, after the ramp all of them', async () => {
  const chances = [0.9, 0.1, 0.9]
  const server = createServer(hello)
  const running = service({
    ...QUICK,
    log: () => {},
    server,
    lameDuck: { min: 500, quiet: 500, max: 1_000 },
    linger: 5_000,
    deadline: 10_000,
    ramp: '600s',
    random: () => chances.shift() ?? 0,
  })
  await running.ready
  const stopped = running.drain('test')
  const said: unknown[] = []
  // 0.9 is too much when nothing of the ramp has passed, and so is 0.1.
  for (let asked = 0; asked < 2; asked++) {
    const client = await RawClient.connect(portOf(server))
    await client.get('/').body('hello')
    said.push(client.responses()[0])
    client.socket.destroy()
  }
  const client = await RawClient.connect(portOf(server))
  while (server.listening) await after(5)
  // The listeners are closed: nobody is kept any more, whatever the ramp says.
  await client.get('/').ended()
  expect([...said, client.responses()[0]]).toEqual(['200 keep-alive', '200 keep-alive', '200 close'])
  expect(await stopped).toMatchObject({ code: 0 })
})

test('a request that expects 100-continue before its body is told so, and answered', async () => {
  const server = createServer(async (incoming, response) => {
    let bytes = 0
    for await (const chunk of incoming) bytes += (chunk as Buffer).length
    response.end(`got ${bytes}`)
  })
  const running = service({ ...QUICK, log: () => {}, server })
  await running.ready
  const stopped = running.drain('test')
  const answer = await new Promise<string>((resolve, reject) => {
    const asking = request({ port: portOf(server), method: 'POST', headers: { Expect: '100-continue' } })
    asking.on('continue', () => asking.end('12345'))
    asking.on('response', (response) =>
      response.on('data', (chunk) => resolve(`${response.headers.connection} ${chunk}`)),
    )
    asking.on('error', reject)
    asking.flushHeaders()
  })
  expect(answer).toBe('close got 5')
  expect(await stopped).toMatchObject({ code: 0, answered: 1 })
})

test.each([
  [{ servers: {} }, 'servers'],
  [{ servers: [createServer()] }, 'servers'],
  [{ servers: { api: createServer() } }, 'servers.api'],
  [{ servers: { api: { server: 8080 } } }, 'servers.api.server'],
  [{ servers: { api: { server: createServer(), listen: 80 } } }, 'servers.api.listen'],
  [{ servers: { api: { server: createServer() } }, listen: { port: 80 } }, 'listen'],
  [{ server: createServer(), servers: { api: { server: createServer() } } }, 'server'],
  [{ server: { server: createServer(), open: 'now' } }, 'server.open'],
  [
    { server: { server: createServer(), close: () => {} }, dependencies: { app: { stop: () => {} } } },
    'the name of a dependency',
  ],
])('case %#: a wrong one is refused, naming it', (options, option) => {
  expect(() => parseOptions(options as never)).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ option }) }),
  )
})

test('the same server cannot be given twice', () => {
  const server = createServer()
  const twice = { servers: { one: { server }, two: { server } } }
  expect(() => parseOptions(twice as never)).toThrow('each another server')
})
