import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expectedOf } from './service/workload.ts'
import { Tally } from './tally.ts'
import { Answers } from './wire/answers.ts'
import { Line } from './wire/line.ts'
import { straight } from './wire/way.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n'
const FIXED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfixed'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nchun\r\n3\r\nked\r\n0\r\n\r\n'
const CLOSING = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

describe('answers are read', () => {
  test('however the bytes are cut', () => {
    const answers = new Answers()
    const bytes = Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${FIXED}${CHUNKED}${CLOSING}`)
    const whole = [...bytes].flatMap((byte) => answers.read(Buffer.of(byte)))
    expect(whole).toEqual([
      { status: 200, closes: false, body: 'fixed' },
      { status: 200, closes: false, body: 'chunked' },
      { status: 503, closes: true, body: '' },
    ])
    expect(answers.isInside).toBe(false)
  })

  test('and one that is not whole is none', () => {
    for (const text of [FIXED, CHUNKED]) {
      const answers = new Answers()
      expect(answers.read(Buffer.from(text.slice(0, -1)))).toEqual([])
      expect(answers.isInside).toBe(true)
    }
  })
})

/** A line to a server that does `serve` when it is asked. */
async function lineTo(serve: (socket: Socket) => void): Promise<Line> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => serve(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const line = await Line.open(straight((server.address() as AddressInfo).port))
  if (line === 'refused') throw new Error('refused')
  onTestFinished(() => line.close())
  return line
}

describe('a request that was written', () => {
  test('and answered leaves its connection open', async () => {
    const line = await lineTo((socket) => socket.write(FIXED))
    const [reply] = await Promise.all(line.ask([REQUEST]))
    expect(reply).toMatchObject({ type: 'answer', answer: { body: 'fixed' } })
    expect(line.isOpen).toBe(true)
  })

  test('and answered with a goodbye is the last of its connection', async () => {
    const line = await lineTo((socket) => socket.write(CLOSING))
    await Promise.all(line.ask([REQUEST]))
    expect(line.isOpen).toBe(false)
  })

  test('is lost when the connection is reset', async () => {
    const line = await lineTo((socket) => socket.resetAndDestroy())
    expect(await Promise.all(line.ask([REQUEST]))).toMatchObject([{ type: 'lost', how: 'reset' }])
  })

  test('is lost when the connection ends before the answer, or in the middle of it', async () => {
    const ended = await lineTo((socket) => socket.end())
    expect(await Promise.all(ended.ask([REQUEST]))).toMatchObject([{ type: 'lost', how: 'ended without an answer' }])
    const cut = await lineTo((socket) => socket.end(CHUNKED.slice(0, -5)))
    expect(await Promise.all(cut.ask([REQUEST]))).toMatchObject([{ type: 'lost', how: 'cut in the middle' }])
  })

  test('is lost when an answer before it in the pipeline has said goodbye', async () => {
    const line = await lineTo((socket) => socket.end(`${FIXED}${CLOSING}`))
    expect(await Promise.all(line.ask([REQUEST, REQUEST, REQUEST]))).toMatchObject([
      { type: 'answer' },
      { type: 'answer', answer: { closes: true } },
      { type: 'lost' },
    ])
  })
})

test('where nobody listens a line is refused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  expect(await Line.open(straight(port))).toBe('refused')
})

describe('a tally', () => {
  const judged = (status: number, body: string): Tally => {
    const tally = new Tally()
    tally.judge('/answer/0/7', { type: 'answer', answer: { status, closes: false, body }, ms: 3 })
    return tally
  }

  test('counts an answer only when all of it is there', () => {
    const body = expectedOf('/answer/0/7')
    expect(judged(200, body)).toMatchObject({ answered: 1, lost: [], slowestMs: 3 })
    expect(judged(200, body.slice(0, -1))).toMatchObject({ answered: 0, lost: [expect.stringContaining('not what')] })
    expect(judged(200, body.replace('7', '8'))).toMatchObject({
      answered: 0,
      lost: [expect.stringContaining('not what')],
    })
  })

  test('counts 5xx apart, and takes any other status for a loss', () => {
    expect(judged(503, '')).toMatchObject({ answered: 0, errors: 1, lost: [] })
    expect(judged(404, '')).toMatchObject({
      answered: 0,
      errors: 0,
      lost: ['/answer/0/7: answered 404, before the signal'],
    })
  })
})
