import { once } from 'node:events'
import { createServer } from 'node:http2'
import { connect } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { service } from '../../src/node/index.ts'
import { intercept } from '../../src/node/traffic/intercept.ts'
import { after, portOf, QUICK, RawClient } from './harness.ts'
import { Client, FrameClient, type Handler, serveHttp2 } from './http2-harness.ts'

const hello: Handler = (_request, response) => void response.end('hello')
const never: Handler = () => {}

describe.each(['h2c', 'TLS'] as const)('a request of HTTP/2 over %s', (kind) => {
  test('holds a permit until its stream has closed', async () => {
    const running = await serveHttp2(kind, (_, response) => void setTimeout(() => response.end('slow'), 300))
    const client = new Client(running)
    const answers = Promise.all([client.get('/1'), client.get('/2')])
    while (running.service.health().inFlight < 2) await after(5)
    expect(running.service.subject.permits('active')).toBe(2)
    expect((await answers).map(({ body }) => body)).toEqual(['slow', 'slow'])
    while (running.service.health().inFlight > 0) await after(5)
    expect([running.service.health().inFlight, running.service.subject.permits('active')]).toEqual([0, 0])
  })

  test('gives its permit back when the client resets it, and is not an answered one', async () => {
    const running = await serveHttp2(kind, never)
    const client = new Client(running)
    const [get, post] = [client.request({}), client.request({ ':method': 'POST' })]
    post.send('half of')
    while (running.service.health().inFlight < 2) await after(5)
    const stopped = running.service.drain('test')
    get.reset()
    post.reset()
    await Promise.all([get.answer, post.answer])
    expect(await stopped).toMatchObject({ code: 0, answered: 0, cut: [] })
  })

  test('gives its permit back when the client goes away', async () => {
    const running = await serveHttp2(kind, never)
    const client = new Client(running)
    void client.get('/')
    await once(running.server, 'stream')
    await after(20)
    client.session.destroy()
    expect(await running.service.drain('test')).toMatchObject({ code: 0, answered: 0, cut: [] })
  })

  test('that uploads is received to its end', async () => {
    const running = await serveHttp2(kind, async (request, response) => {
      let bytes = 0
      for await (const chunk of request) bytes += (chunk as Buffer).length
      response.end(`got ${bytes}`)
    })
    const client = new Client(running)
    const upload = client.request({ ':method': 'POST' })
    upload.send('12345')
    await after(30)
    const stopped = running.service.drain('test')
    await after(500)
    upload.send('67890')
    upload.end()
    expect(await upload.answer).toMatchObject({ status: 200, body: 'got 10', error: undefined })
    expect(await stopped).toMatchObject({ code: 0, answered: 1, cut: [] })
  })

  test('that is answered before its body has ended is answered in full', async () => {
    const running = await serveHttp2(kind, hello)
    const client = new Client(running)
    const upload = client.request({ ':method': 'POST' })
    upload.send('12345')
    expect(await upload.answer).toMatchObject({ status: 200, body: 'hello', error: undefined })
    expect(await running.service.drain('test')).toMatchObject({ code: 0, cut: [] })
  })

  test('that expects 100-continue gets it, and its answer', async () => {
    const running = await serveHttp2(kind, hello)
    void running.service.drain('test')
    const client = new Client(running)
    const upload = client.request({ ':method': 'POST', expect: '100-continue' })
    upload.end()
    expect(await upload.answer).toMatchObject({ status: 200, body: 'hello' })
  })

  test('that is a probe is answered in place of its handler, and counts neither as traffic nor as in flight', async () => {
    const running = await serveHttp2(kind, never)
    const client = new Client(running)
    expect(await client.get('/readyz')).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect(await client.get('/readyz', { ':method': 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      error: undefined,
    })
    const stopped = running.service.drain('test')
    expect(running.service.health().inFlight).toBe(0)
    const other = new Client(running)
    expect(await other.get('/readyz')).toMatchObject({ status: 503 })
    expect(await stopped).toMatchObject({ code: 0, answered: 0 })
  })

  test('that a mode does not admit is refused without `Connection`, which HTTP/2 forbids', async () => {
    const readOnly = { 'read-only': { admits: ({ method }: { method?: string | undefined }) => method === 'GET' } }
    const running = await serveHttp2(kind, hello, { modes: readOnly } as object)
    const flips = running.service.subject as unknown as { flip(name: string, input: object): Promise<unknown> }
    await flips.flip('enter read-only', { reason: 'test' })
    const client = new Client(running)
    const post = client.request({ ':method': 'POST' })
    post.send('never read')
    const refused = await post.answer
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, error: undefined })
    expect(refused.headers).not.toHaveProperty('connection')
    expect(await client.get('/')).toMatchObject({ status: 200, body: 'hello' })
    await running.service.drain('test')
  })

  test('that never ends is cut at the deadline, and named with its path and what was written', async () => {
    const running = await serveHttp2(
      kind,
      (_, response) => {
        const ticks = setInterval(() => response.write('tick'), 20)
        response.on('close', () => clearInterval(ticks))
      },
      { deadline: 600 },
    )
    const client = new Client(running)
    const endless = client.get('/events?token=secret')
    await after(50)
    const summary = await running.service.drain('test')
    await Promise.all([endless, client.closed])
    expect(summary.code).toBe(1)
    expect(summary.cut).toMatchObject([{ what: 'request', method: 'GET', path: '/events' }])
    expect(summary.cut[0]?.bytes).toBeGreaterThan(30)
    expect(running.log[0]).toMatch(/^cut at the deadline: GET \/events, \d\.\d s, \d+ bytes$/)
  })
})

test("a handler of Node's stream interface has its streams held, counted and answered like any other", async () => {
  const server = createServer()
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    setTimeout(() => stream.end('streamed'), 300)
  })
  const running = service({ ...QUICK, server, log: () => {} })
  await running.ready
  const client = new Client({ kind: 'h2c', port: portOf(server) })
  const answer = client.get('/')
  await after(30)
  expect(running.health().inFlight).toBe(1)
  const stopped = running.drain('test')
  expect(await answer).toMatchObject({ status: 200, body: 'streamed', error: undefined })
  expect(await stopped).toMatchObject({ code: 0, answered: 1, goaways: 1 })
})

test('a server that allows HTTP/1 besides drains both: each says goodbye in its way', async () => {
  const running = await serveHttp2('TLS', (_, response) => void setTimeout(() => response.end('slow'), 200))
  const dial = (): RawClient =>
    new RawClient(connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false }))
  const [unused, busy, client] = [dial(), dial(), new Client(running)]
  busy.get('/1')
  const answer = client.get('/2')
  await after(100)
  const summary = await running.service.drain('test')
  expect(busy.responses()).toEqual(['200 close'])
  expect(await answer).toMatchObject({ status: 200, body: 'slow' })
  await Promise.all([unused.ended(), client.closed])
  expect(summary).toMatchObject({ code: 0, answered: 2, idleClosed: 1, goaways: 1, cut: [] })
})

test('a session that was there before the service is found by its first stream', async () => {
  const server = createServer(hello as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new Client({ kind: 'h2c', port: portOf(server) })
  await client.get('/')
  const running = service({ ...QUICK, listen: undefined, server, log: () => {} })
  await running.ready
  expect(await client.get('/')).toMatchObject({ body: 'hello' })
  expect(await running.drain('test')).toMatchObject({ code: 0, goaways: 1 })
  await client.closed
  expect(client.goaways[0]).toEqual([0, 2 ** 31 - 1])
})

test('a stream that fails while it is held back never reaches its handler, and harms nobody', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const seen: unknown[] = []
  server.on('stream', (_, headers) => seen.push(headers[':path']))
  const held: (() => void)[] = []
  const stop = intercept(server, {
    accepted: () => {},
    opened: () => {},
    joined: () => {},
    streamed: (stream) => {
      stream.once('close', () => void setImmediate(() => held.shift()?.()))
      return true
    },
    requested: () => true,
    keeps: (go) => held.push(go) > 0,
    upgraded: () => {},
  })
  const client = new FrameClient({ kind: 'h2c', port: portOf(server) })
  const id = client.get('/')
  while (held.length === 0) await after(5)
  client.reset(id)
  while (held.length > 0) await after(5)
  expect(seen).toEqual([])
  stop()
  client.socket.destroy()
})
