import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { virtualClock } from '../../src/testing/time/index.ts'
import { startDelay } from './wire/delay.ts'
import { through } from './wire/way.ts'

const DELAY_MS = 20

/** A way of 20 virtual ms to a server of which each connection is given to `serve`. */
async function farAway(serve: (socket: Socket, ms: () => number) => void) {
  const clock = virtualClock()
  const ms = (): number => clock.monotonic()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    serve(socket, ms)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: target } = server.address() as AddressInfo
  const delay = await startDelay({ target, delayMs: DELAY_MS, clock })
  onTestFinished(() => {
    delay.stop()
    server.close()
  })
  /** Lets time go by until `awaited` is there. */
  async function meanwhile<Value>(awaited: Promise<Value>): Promise<Value> {
    const over = new AbortController()
    void awaited.finally(() => over.abort())
    while (!over.signal.aborted) await clock.advance(1)
    return awaited
  }
  const reach = async (): Promise<Socket> => {
    const socket = await meanwhile(through(delay.port).reach())
    if (socket === 'refused') throw new Error('refused')
    onTestFinished(() => void socket.destroy())
    return socket
  }
  return { server, port: delay.port, ms, meanwhile, reach }
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

test('a connection takes a round trip, and so does an answer', async () => {
  const at: Record<string, number> = {}
  const { reach, ms, meanwhile } = await farAway((socket, now) => {
    at.accepted = now()
    socket.once('data', (chunk) => {
      at.asked = now()
      socket.write(chunk)
    })
  })
  const socket = await reach()
  at.connected = ms()
  socket.write('hello')
  const [answer] = await meanwhile(once(socket, 'data'))
  at.answered = ms()
  expect(String(answer)).toBe('hello')
  expect(at.accepted).toBeGreaterThanOrEqual(DELAY_MS)
  expect(at.connected).toBeGreaterThanOrEqual((at.accepted ?? 0) + DELAY_MS)
  expect(at.asked).toBeGreaterThanOrEqual((at.connected ?? 0) + DELAY_MS)
  expect(at.answered).toBeGreaterThanOrEqual((at.asked ?? 0) + DELAY_MS)
})

test('bytes and the end that follows them come out in order', async () => {
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index}\n`)
  const { reach, meanwhile } = await farAway((socket) => {
    for (const line of lines) socket.write(line)
    socket.end()
  })
  const socket = await reach()
  expect(await meanwhile(textOf(socket))).toBe(lines.join(''))
})

test('an end of one direction leaves the other open', async () => {
  const { reach, meanwhile } = await farAway((socket) => {
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk))).on('end', () => socket.end(`you said ${text}`))
  })
  const socket = await reach()
  socket.end('goodbye')
  expect(await meanwhile(textOf(socket))).toBe('you said goodbye')
})

test('a reset by the service is a reset for the client, and comes later as well', async () => {
  let resetAt = Number.POSITIVE_INFINITY
  const { reach, ms, meanwhile } = await farAway((socket, now) => {
    socket.once('data', () => {
      resetAt = now()
      socket.resetAndDestroy()
    })
  })
  const socket = await reach()
  const broken = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
  socket.write('hello')
  expect(await meanwhile(broken)).toMatchObject({ code: 'ECONNRESET' })
  expect(ms()).toBeGreaterThanOrEqual(resetAt + DELAY_MS)
})

test('a reset by the client is a reset for the service', async () => {
  const resets: unknown[] = []
  const { reach, meanwhile } = await farAway((socket) => {
    socket.resume().on('error', ({ message }) => resets.push(message))
    accepted = new Promise((resolve) => socket.once('close', () => resolve()))
  })
  let accepted: Promise<void> = Promise.resolve()
  const socket = await reach()
  socket.resetAndDestroy()
  await meanwhile(accepted)
  expect(resets).toEqual([expect.stringContaining('ECONNRESET')])
})

test('what nobody listens to refuses, after a round trip', async () => {
  const { server, port, ms, meanwhile } = await farAway(() => {})
  server.close()
  expect(await meanwhile(through(port).reach())).toBe('refused')
  expect(ms()).toBeGreaterThanOrEqual(2 * DELAY_MS)
})
