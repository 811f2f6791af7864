import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { Connections } from '../../src/node/traffic/connections.ts'
import { finishesAt, mayFinish, mayTell } from '../../src/node/traffic/farewell.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { after } from './harness.ts'
import { Client, FrameClient, type Handler, type Kind, type Running, serveHttp2 } from './http2-harness.ts'

const NOTICE = [0, 2 ** 31 - 1] as const
const hello: Handler = (_request, response) => void response.end('hello')
const soon: Handler = (_request, response) => void setTimeout(() => response.end('soon'), 5)

describe('the last GOAWAY', () => {
  const rule = { partedAtMs: 1_000, lingerMs: 5_000 }

  test('comes a round trip after the notice, whether the session is idle or busy', () => {
    expect(finishesAt({ type: 'told', atMs: 2_000 }, 1_500, rule)).toBe(2_250)
    expect(finishesAt({ type: 'told', atMs: 2_000 }, undefined, rule)).toBe(2_250)
  })

  test('does not come to a session that was not told before its stream has ended', () => {
    expect(finishesAt({ type: 'unsaid' }, undefined, rule)).toBeUndefined()
  })

  test('comes to a session on which nothing was ever asked when it has lingered', () => {
    expect(finishesAt({ type: 'unsaid' }, 500, rule)).toBe(6_000)
    expect(finishesAt({ type: 'unsaid' }, 3_000, rule)).toBe(8_000)
  })

  test('comes once', () => {
    expect(finishesAt({ type: 'final' }, 500, rule)).toBeUndefined()
  })

  test('may come when the listeners close, but not before what was sent until the notice has arrived', async () => {
    const clock = virtualClock()
    const told = { type: 'told', atMs: clock.monotonic() } as const
    await clock.advance(249)
    expect(mayFinish(told, clock.monotonic())).toBe(false)
    await clock.advance(1)
    expect(mayFinish(told, clock.monotonic())).toBe(true)
    expect(mayFinish({ type: 'unsaid' }, clock.monotonic())).toBe(false)
  })
})

test('at the trigger a session is told unless it was answered only just: that one is told with its next stream', () => {
  expect(mayTell(undefined, 1_000)).toBe(true)
  expect(mayTell(751, 1_000)).toBe(false)
  expect(mayTell(750, 1_000)).toBe(true)
})

test('what comes or goes on a shared connection counts as a knock, so that the listeners close when nobody is sending', async () => {
  const clock = virtualClock()
  const connections = new Connections(clock)
  await clock.advance(100)
  connections.stirred()
  expect(connections.lastKnockMs).toBe(clock.monotonic())
})

test('a client sees the notice, then which stream was the last; one that was slow completes after both', async () => {
  const running = await serveHttp2('h2c', (request, response) => {
    setTimeout(() => response.end('done'), request.url === '/slow' ? 900 : 5)
  })
  const client = new FrameClient(running)
  const first = client.get('/')
  await client.until(({ answered }) => answered.has(first))
  const slow = client.get('/slow')
  await once(running.server, 'stream')
  const stopped = running.service.drain('test')
  await client.until(({ goaways }) => goaways.length === 2)
  expect(client.goaways).toEqual([NOTICE, [0, slow]])
  expect(client.answered.has(slow)).toBe(false)
  await client.until(({ answered }) => answered.has(slow))
  expect(await stopped).toMatchObject({ code: 0, answered: 1, goaways: 1, cut: [] })
})

test('a stream that comes between the notice and the last GOAWAY is answered, and one after it is not', async () => {
  const running = await serveHttp2('h2c', (request, response) => {
    setTimeout(() => response.end('done'), request.url === '/slow' ? 600 : 5)
  })
  const client = new FrameClient(running)
  const slow = client.get('/slow')
  await once(running.server, 'stream')
  await after(20)
  const stopped = running.service.drain('test')
  await client.until(({ goaways }) => goaways.length === 1)
  const between = client.get('/between')
  await client.until(({ answered }) => answered.has(between))
  await client.until(({ goaways }) => goaways.length === 2)
  expect(client.goaways).toEqual([NOTICE, [0, between]])
  const late = client.get('/late')
  expect(await stopped).toMatchObject({ code: 0, answered: 2 })
  await client.until(({ end }) => end === 'closed')
  expect([...client.answered].sort()).toEqual([slow, between])
  expect(late).toBeGreaterThan(between)
})

test('a session that is new in the lame duck is told with its first stream, which is answered', async () => {
  const running = await serveHttp2('h2c', hello, { lameDuck: { min: 300, quiet: 40, max: 600 } })
  const stopped = running.service.drain('test')
  const client = new FrameClient(running)
  await after(50)
  expect(client.goaways).toEqual([])
  const first = client.get('/')
  await client.until(({ answered }) => answered.has(first))
  await client.until(({ goaways }) => goaways.length === 1)
  expect([client.goaways, running.server.listening]).toEqual([[NOTICE], true])
  await client.until(({ end }) => end === 'closed')
  expect(client.goaways.slice(0, 2)).toEqual([NOTICE, [0, first]])
  expect(await stopped).toMatchObject({ code: 0, answered: 1, goaways: 1 })
})

test('a session on which nothing was asked lingers, and may ask within that time', async () => {
  const running = await serveHttp2('h2c', hello, { linger: 500 })
  const stopped = running.service.drain('test')
  const [silent, late] = [new FrameClient(running), new FrameClient(running)]
  await after(300)
  expect(running.server.listening).toBe(false)
  expect([silent.end, silent.goaways]).toEqual(['open', []])
  const stream = late.get('/')
  await late.until(({ answered }) => answered.has(stream))
  await Promise.all([silent, late].map((client) => client.until(({ end }) => end === 'closed')))
  expect(silent.goaways[0]).toEqual([0, 0])
  expect(await stopped).toMatchObject({ code: 0, answered: 1, goaways: 2 })
})

test('pings do not keep an idle session open', async () => {
  const running = await serveHttp2('h2c', hello, { deadline: '10s' })
  const client = new FrameClient(running)
  const pings = setInterval(() => client.ping(), 5)
  await after(50)
  const { ms, code } = await running.service.drain('test')
  clearInterval(pings)
  expect(code).toBe(0)
  expect(client.pongs).toBeGreaterThan(3)
  expect(ms.total).toBeLessThan(8_000)
})

test('a client that never closes its side is let go when the session has ended and everything has left', async () => {
  const running = await serveHttp2('h2c', hello, { deadline: '10s' })
  const client = new FrameClient(running)
  client.socket.allowHalfOpen = true
  const first = client.get('/')
  await client.until(({ answered }) => answered.has(first))
  const { code, ms, cut } = await running.service.drain('test')
  expect({ code, cut }).toEqual({ code: 0, cut: [] })
  expect(ms.total).toBeLessThan(8_000)
})

test('a drain that is called off leaves the sessions as they are', async () => {
  const running = await serveHttp2('TLS', hello, { lameDuck: { min: 300, quiet: 300, max: 600 } })
  const client = new Client(running)
  await client.get('/')
  const drained = running.service.drain('test')
  drained.catch(() => {})
  await running.service.undrain('false alarm')
  await after(50)
  expect([client.isOpen, client.goaways]).toEqual([true, []])
  expect(await client.get('/')).toMatchObject({ body: 'hello' })
})

/** Asks one thing after another on a session until it ends. Answers ids of streams that were not answered. */
async function keepsAsking(running: Pick<Running, 'kind' | 'port'>): Promise<readonly number[]> {
  const client = new FrameClient(running)
  const asked: number[] = []
  const isOver = ({ end, goaways }: FrameClient): boolean =>
    end === 'closed' || goaways.some(([, last]) => last < NOTICE[1])
  while (!isOver(client)) {
    const id = client.get('/')
    asked.push(id)
    await client.until((one) => one.answered.has(id) || one.end === 'closed')
  }
  return asked.filter((id) => !client.answered.has(id))
}

/** Asks one thing after another, on another session when it was told to leave, until it is refused a connection. */
async function asksElsewhere(running: Running, counts: { answered: number; lost: unknown[] }): Promise<void> {
  for (let client = new Client(running); ; client = new Client(running)) {
    while (client.isOpen) {
      const { status, body, error } = await client.get('/')
      if (status === 200 && body === 'soon') counts.answered++
      // It could not connect: nothing was sent.
      else if (client.failure?.code === 'ECONNREFUSED') return
      else counts.lost.push([error ?? status, client.goaways, client.failure])
    }
  }
}

describe.each(['h2c', 'TLS'] satisfies Kind[])('under load over %s, no stream is lost', (kind) => {
  test('by clients that keep their session until it ends, and ask again as soon as they are answered', async () => {
    const running = await serveHttp2(kind, hello, { lameDuck: { min: 300, quiet: 40, max: 500 } })
    const clients = Promise.all(Array.from({ length: 16 }, () => keepsAsking(running)))
    await after(200)
    const summary = await running.service.drain('test')
    expect((await clients).flat()).toEqual([])
    expect(summary).toMatchObject({ code: 0, goaways: 16, cut: [] })
    expect(summary.answered).toBeGreaterThan(16)
  })

  test('by clients that open another session when they are told to leave', async () => {
    const running = await serveHttp2(kind, soon, { lameDuck: { min: 300, quiet: 40, max: 500 } })
    const counts = { answered: 0, lost: [] as unknown[] }
    const clients = Promise.all(Array.from({ length: 16 }, () => asksElsewhere(running, counts)))
    await after(200)
    const summary = await running.service.drain('test')
    await clients
    expect(counts.lost).toEqual([])
    expect(counts.answered).toBeGreaterThan(summary.answered)
    expect(summary).toMatchObject({ code: 0, cut: [] })
  })
})

test('over TLS none is lost either when the lame duck is shorter than a round trip', async () => {
  const running = await serveHttp2('TLS', hello, { lameDuck: { min: 20, quiet: 20, max: 60 } })
  const clients = Promise.all(Array.from({ length: 16 }, () => keepsAsking(running)))
  await after(200)
  const summary = await running.service.drain('test')
  expect((await clients).flat()).toEqual([])
  expect(summary).toMatchObject({ code: 0, goaways: 16, cut: [] })
})
