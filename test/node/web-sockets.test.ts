import { EventEmitter, once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { isPhasegateError } from '../../src/base/index.ts'
import type { ServiceOptions } from '../../src/node/index.ts'
import { parseWebSockets } from '../../src/node/traffic/index.ts'
import { spread, WebSockets } from '../../src/node/traffic/web-sockets.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { after, hello, RawClient, type Running, serve } from './harness.ts'

interface RunningSockets extends Running {
  readonly sockets: WebSocketServer
}

/** A service whose server echoes what it is sent on WebSockets. */
async function serveSockets(
  options: Partial<ServiceOptions> = {},
  how: Partial<NonNullable<Extract<NonNullable<ServiceOptions['webSockets']>[number], { server: unknown }>>> = {},
): Promise<RunningSockets> {
  const sockets = new WebSocketServer({ noServer: true })
  const running = await serve(hello, { webSockets: [{ server: sockets, ...how }], ...options })
  running.server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
  })
  sockets.on('connection', (client) => client.on('message', (data) => client.send(`echo ${data}`)))
  return { ...running, sockets }
}

/** A client of `ws`: what it received, and the code and reason it was closed with. */
class Client {
  readonly socket: WebSocket
  readonly received: string[] = []
  readonly opened: Promise<unknown>
  readonly closed: Promise<readonly [number, string]>

  constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/live?token=secret`)
    onTestFinished(() => this.socket.terminate())
    this.opened = once(this.socket, 'open')
    this.socket.on('message', (data) => this.received.push(String(data)))
    this.closed = new Promise((resolve) => this.socket.on('close', (code, reason) => resolve([code, String(reason)])))
  }

  static async open(port: number): Promise<Client> {
    const client = new Client(port)
    await client.opened
    return client
  }

  async ask(text: string): Promise<string> {
    this.socket.send(text)
    const [data] = await once(this.socket, 'message')
    return String(data)
  }
}

test('every client is closed with 1012 and none with 1006, within a second of the lame duck', async () => {
  const { service, port, log } = await serveSockets()
  const clients = await Promise.all(Array.from({ length: 48 }, () => Client.open(port)))
  const summary = await service.drain('test')
  const codes = (await Promise.all(clients.map(({ closed }) => closed))).map(([code, reason]) => `${code} ${reason}`)
  expect(codes).toEqual(Array.from({ length: 48 }, () => '1012 service restart'))
  expect(summary).toMatchObject({ code: 0, webSockets: { 1012: 48 }, cut: [] })
  expect(summary.ms.total - summary.ms.lameDuck).toBeLessThan(1_000)
  expect(log.at(-1)).toContain('48 WebSockets closed with 1012')
})

test('a client is told only once the listener has closed, so that it comes back to another instance', async () => {
  const { service, server, port } = await serveSockets()
  const client = await Client.open(port)
  void service.drain('test')
  await client.closed
  expect(server.listening).toBe(false)
})

test('a client that connects in the lame duck is served, and then closed with 1012', async () => {
  const { service, port } = await serveSockets({ lameDuck: { min: 250, quiet: 40, max: 400 } })
  const stopped = service.drain('test')
  const client = await Client.open(port)
  expect(await client.ask('hello')).toBe('echo hello')
  expect(await client.closed).toEqual([1012, 'service restart'])
  expect(await stopped).toMatchObject({ code: 0, webSockets: { 1012: 1 } })
})

test('a client that upgrades a lingering connection after the farewell is closed at once', async () => {
  const { service, port, server } = await serveSockets({ linger: 600 })
  const idle = await RawClient.connect(port)
  const first = await Client.open(port)
  const stopped = service.drain('test')
  await first.closed
  expect(server.listening).toBe(false)
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
  idle.get('/live', `Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`)
  // A close frame, 1012 (0x03f4), from a server, which does not mask.
  await idle.body('\x88\x11\x03\xf4service restart')
  idle.socket.destroy()
  expect(await stopped).toMatchObject({ code: 0, cut: [] })
})

test('a client that never answers the close is ended at the deadline, and named by its path', async () => {
  const { service, port, log } = await serveSockets({ deadline: 800 })
  const [mute, polite] = [await Client.open(port), await Client.open(port)]
  mute.socket.pause()
  const summary = await service.drain('test')
  expect(summary).toMatchObject({
    code: 1,
    webSockets: { 1006: 1, 1012: 1 },
    cut: [{ what: 'upgraded connection', path: '/live' }],
  })
  expect(log[0]).toMatch(/^cut at the deadline: upgraded connection \/live, \d\.\d s, \d+ bytes$/)
  expect(await polite.closed).toEqual([1012, 'service restart'])
})

test('each socket gets its last words before it is closed', async () => {
  const onDrain = async (socket: { send(text: string): void }): Promise<void> => {
    await after(50)
    socket.send('come back soon')
  }
  const { service, port } = await serveSockets({}, { onDrain })
  const client = await Client.open(port)
  await service.drain('test')
  expect(await client.closed).toEqual([1012, 'service restart'])
  expect(client.received).toEqual(['come back soon'])
})

test.each([
  ['hangs', () => new Promise<void>(() => {}), 'it took longer than 100ms'],
  ['rejects', () => Promise.reject(new Error('no words')), 'no words'],
  [
    'throws',
    () => {
      throw new Error('lost for words')
    },
    'lost for words',
  ],
])('a hook that %s is told of, and its socket is closed like any other', async (_, onDrain, wrong) => {
  const { service, port, log } = await serveSockets({}, { onDrain, limit: 100 })
  const clients = [await Client.open(port), await Client.open(port)]
  expect(await service.drain('test')).toMatchObject({ code: 0, webSockets: { 1012: 2 } })
  expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => [1012, 'service restart']))
  expect(log).toContain(`onDrain failed for 2 WebSockets: ${wrong}`)
})

describe('closes are spread', () => {
  test('by chance, over 5 ms for each and half a second at most, in ascending order', () => {
    const chances = [0.9, 0.1, 0.5]
    expect(spread(3, () => chances.shift() ?? 0)).toEqual([1.5, 7.5, 13.5])
    expect(spread(1_000, () => 0.999).at(-1)).toBeCloseTo(499.5)
    expect(spread(0, () => 0.5)).toEqual([])
  })

  test('on a virtual clock, each at its time; after the deadline nobody is told any more', async () => {
    const clock = virtualClock()
    const told: [number, number, number][] = []
    const sockets = Array.from({ length: 200 }, (_, index) =>
      Object.assign(new EventEmitter(), {
        send: () => {},
        terminate: () => {},
        close: (code: number) => void told.push([index, code, clock.monotonic()]),
      }),
    )
    const server = Object.assign(new EventEmitter(), { clients: sockets })
    const chances = [0.1, 0.5, 0.9]
    let next = 0
    const random = (): number => chances[next++ % 3] ?? 0
    const deadline = new AbortController()
    const startedMs = clock.monotonic()
    const farewell = new WebSockets(parseWebSockets([server]), clock, { random, say: () => {} })
    const done = farewell.farewell(deadline.signal)
    await clock.advance(300)
    deadline.abort()
    await done
    expect(new Set(told.map(([, code]) => code))).toEqual(new Set([1012]))
    expect(new Set(told.map(([, , atMs]) => atMs - startedMs))).toEqual(new Set([50, 250]))
    expect(told.length).toBeLessThan(200)
  })
})

describe('the option', () => {
  test.each([
    ['no list', {}, 'webSockets'],
    ['no server', [{}], 'webSockets[0]'],
    [
      'a server that does not track its clients',
      [new WebSocketServer({ noServer: true, clientTracking: false })],
      'webSockets[0]',
    ],
    ['a server that is none', [{ server: {} }], 'webSockets[0].server'],
    [
      'a hook that is none',
      [{ server: new WebSocketServer({ noServer: true }), onDrain: 'bye' }],
      'webSockets[0].onDrain',
    ],
    ['no time at all', [{ server: new WebSocketServer({ noServer: true }), limit: 0 }], 'webSockets[0].limit'],
    [
      'what nobody knows',
      [{ server: new WebSocketServer({ noServer: true }), ondrain: () => {} }],
      'webSockets[0].ondrain',
    ],
  ])('%s is refused by name', (_, value, option) => {
    let error: unknown
    try {
      parseWebSockets(value)
    } catch (thrown) {
      error = thrown
    }
    expect(isPhasegateError(error, 'OPTION_INVALID') && error.facts.option).toBe(option)
  })

  test('takes a server of ws as it is', () => {
    const server = new WebSocketServer({ noServer: true })
    expect(parseWebSockets([server, { server }])).toEqual([
      { server, onDrain: undefined, limitMs: 1_000 },
      { server, onDrain: undefined, limitMs: 1_000 },
    ])
    expect(parseWebSockets(undefined)).toEqual([])
  })
})
