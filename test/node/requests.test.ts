import { expect, test } from 'vitest'
import { after, hello, RawClient, serve } from './harness.ts'

test('a slow response is finished, and says goodbye', async () => {
  const { service, port } = await serve((_, response) => void setTimeout(() => response.end('slow'), 500))
  const client = await RawClient.connect(port)
  client.get('/slow')
  await after(50)
  const summary = await service.drain('test')
  expect(client.responses()).toEqual(['200 close'])
  expect(client.received).toContain('slow')
  expect(summary).toMatchObject({ code: 0, answered: 1, cut: [] })
})

test('three pipelined requests get three answers, and only the last says goodbye', async () => {
  const { service, port } = await serve((request, response) => {
    setTimeout(() => response.end(`answer ${request.url}`), request.url === '/1' ? 200 : 100)
  })
  const client = await RawClient.connect(port)
  client.get('/1').get('/2').get('/3')
  await after(50)
  await service.drain('test')
  expect(client.responses()).toEqual(['200 keep-alive', '200 keep-alive', '200 close'])
  expect(client.received).toMatch(/answer \/1[\s\S]*answer \/2[\s\S]*answer \/3/)
})

test('pipelined requests that are answered at once and come after the trigger are all answered', async () => {
  const { service, port } = await serve((request, response) => void response.end(`answer ${request.url}`))
  const client = await RawClient.connect(port)
  void service.drain('test')
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`
  client.send(['/1', '/2', '/3'].map(request).join(''))
  await client.ended()
  expect(client.responses()).toEqual(['200 keep-alive', '200 keep-alive', '200 close'])
  expect(client.received).toMatch(/answer \/1[\s\S]*answer \/2[\s\S]*answer \/3/)
})

test('a request that comes after the goodbye on its connection does not run', async () => {
  const ran: (string | undefined)[] = []
  const { service, port } = await serve((request, response) => {
    ran.push(request.url)
    response.write('begun')
    setTimeout(() => response.end(), 150)
  })
  void service.drain('test')
  const client = await RawClient.connect(port)
  await client.get('/1').body('begun')
  client.get('/2')
  await client.ended()
  expect(ran).toEqual(['/1'])
  expect(client.responses()).toEqual(['200 close'])
})

test('on an idle connection, within the linger, a late one is answered although the listener is closed', async () => {
  const { service, server, port } = await serve(hello)
  const client = await RawClient.connect(port)
  await client.get('/early').body('hello')
  const stopped = service.drain('test')
  await after(120)
  expect(server.listening).toBe(false)
  await client.get('/late').ended()
  expect(client.responses()).toEqual(['200 keep-alive', '200 close'])
  expect(await stopped).toMatchObject({ code: 0, answered: 1, idleClosed: 0 })
})

test('a late one that has arrived, and was not read before its connection had lingered, is answered', async () => {
  const { service, port } = await serve(hello, { linger: 800, deadline: 3_000 })
  const client = await RawClient.connect(port)
  await client.get('/early').body('hello')
  const stopped = service.drain('test')
  await after(300)
  // The process is busy while the linger runs out: after an immediate come timers, and only then what has arrived.
  await new Promise((resolve) => setImmediate(resolve))
  client.get('/late')
  for (const until = performance.now() + 700; performance.now() < until; );
  await client.ended()
  expect(client.responses()).toEqual(['200 keep-alive', '200 close'])
  expect(await stopped).toMatchObject({ code: 0, answered: 1, idleClosed: 0 })
})

test('a head that is completed after the listener has closed is answered', async () => {
  const { service, port } = await serve(hello)
  const client = await RawClient.connect(port)
  client.send('GET /slowly HTTP/1.1\r\nHost: te')
  await after(20)
  const stopped = service.drain('test')
  await after(350)
  expect(service.health().waitingFor).toMatchObject([{ what: 'half-received request' }])
  await client.send('st\r\n\r\n').ended()
  expect(client.responses()).toEqual(['200 close'])
  expect(await stopped).toMatchObject({ code: 0, answered: 1 })
})

test('an upload that is under way is received to its end', async () => {
  const { service, port } = await serve(async (request, response) => {
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Buffer).length
    response.end(`got ${bytes}`)
  })
  const client = await RawClient.connect(port)
  client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
  await after(20)
  const stopped = service.drain('test')
  await after(400)
  await client.send('67890').body('got 10')
  expect(await stopped).toMatchObject({ code: 0, answered: 1 })
})

test('a connection whose response began before the trigger gets time for one more request', async () => {
  const { service, port } = await serve(
    (request, response) => {
      response.write(`begun ${request.url}`)
      setTimeout(() => response.end('ended'), 300)
    },
    { linger: 0 },
  )
  const client = await RawClient.connect(port)
  await client.get('/1').body('begun')
  const stopped = service.drain('test')
  await client.body('ended')
  await after(150)
  await client.get('/2').ended()
  expect(client.responses()).toEqual(['200 keep-alive', '200 close'])
  expect(client.received).toContain('begun /2')
  expect(await stopped).toMatchObject({ code: 0, answered: 2 })
})

test.each([
  ['setHeader', 'set'],
  ['an object', 'object'],
  ['pairs', 'pairs'],
  ['a flat list', 'flat'],
])('a handler that asks for keep-alive by %s does not get it', async (_, how) => {
  const { service, port } = await serve((_request, response) => {
    if (how === 'set') response.setHeader('Connection', 'keep-alive')
    if (how === 'object') response.writeHead(201, 'made', { connection: 'keep-alive', 'X-Kept': 'yes' })
    if (how === 'pairs')
      response.writeHead(201, [
        ['CONNECTION', 'keep-alive'],
        ['X-Kept', 'yes'],
      ] as never)
    if (how === 'flat') response.writeHead(201, ['Connection', 'keep-alive', 'X-Kept', 'yes'])
    response.end()
  })
  void service.drain('test')
  const client = await RawClient.connect(port)
  await client.get('/').ended()
  expect(client.responses()).toEqual([how === 'set' ? '200 close' : '201 close'])
  if (how !== 'set') expect(client.received).toContain('X-Kept: yes')
})

test('HEAD, 204, 304 and HTTP/1.0 keep-alive are framed as they must be', async () => {
  const { service, port } = await serve((request, response) => {
    response.statusCode = Number(request.url?.slice(1)) || 200
    response.end(request.method === 'HEAD' ? undefined : response.statusCode === 200 ? 'hello' : undefined)
  })
  void service.drain('test')
  const asked = await Promise.all(
    ['HEAD / HTTP/1.1', 'GET /204 HTTP/1.1', 'GET /304 HTTP/1.1', 'GET / HTTP/1.0'].map(async (line) => {
      const client = await RawClient.connect(port)
      await client.send(`${line}\r\nHost: test\r\nConnection: keep-alive\r\n\r\n`).ended()
      return [client.responses().join(), client.received.split('\r\n\r\n')[1]]
    }),
  )
  expect(asked).toEqual([
    ['200 close', ''],
    ['204 close', ''],
    ['304 close', ''],
    ['200 close', 'hello'],
  ])
})

test('connections that knock while the listener closes are let in', async () => {
  const { service, port, server } = await serve(hello, { lameDuck: { min: 0, quiet: 0, max: 400 } })
  // Established by the kernel while this thread is busy: the server cannot have accepted them.
  const clients = Array.from({ length: 40 }, () => RawClient.connect(port))
  const stopped = service.drain('test')
  const asked = await Promise.all(clients.map(async (client) => (await client).get('/').ended()))
  expect(asked.map((client) => client.responses().join())).toEqual(Array.from({ length: 40 }, () => '200 close'))
  expect(await stopped).toMatchObject({ code: 0, answered: 40 })
  expect(server.listening).toBe(false)
})
