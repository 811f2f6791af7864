import { createServer } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { type Pending, service, type Waiting } from '../../src/node/index.ts'
import { terminal } from '../../src/node/platform/index.ts'
import { waitingText } from '../../src/node/waiting.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { after, hello, portOf, QUICK, RawClient, serve, whileAdvancing } from './harness.ts'

const nothing = { name: undefined, method: undefined, path: undefined, bytes: 0 }
const request = (path: string, ageMs: number): Pending => ({ ...nothing, what: 'request', method: 'GET', path, ageMs })

describe('what is waited for, in a line', () => {
  test('names the oldest requests, and counts all of them', () => {
    const pending = [request('/report', 12_000), request('/export', 3_149), request('/a', 120), request('/b', 40)]
    expect(waitingText('inFlight', pending)).toBe('4 requests: GET /report 12s, GET /export 3.1s, GET /a 100ms, …')
  })

  test('says each kind apart', () => {
    const pending: Pending[] = [
      request('/report', 2_000),
      { ...nothing, what: 'upgraded connection', ageMs: 5_000 },
      { ...nothing, what: 'consumer', name: 'emails', ageMs: 1_200 },
      { ...nothing, what: 'hold', name: 'nightly report', ageMs: 700 },
      { ...nothing, what: 'permits', ageMs: 0 },
    ]
    expect(waitingText('inFlight', pending)).toBe(
      '1 request: GET /report 2s; 1 upgraded connection: 5s; 1 consumer: emails 1.2s; 1 hold: nightly report 700ms; permits: 0ms',
    )
  })

  test('says what it is doing where nobody is waited for', () => {
    expect(waitingText('lameDuck', [])).toBe('serving until nobody sends traffic')
    expect(waitingText('release', [])).toBe('letting go of dependencies')
  })
})

describe('the event', () => {
  test('comes once a second, with the part and what is pending, until it has stopped', async () => {
    const clock = virtualClock()
    const server = createServer(() => {})
    const log: string[] = []
    const running = service({ ...QUICK, server, clock, linger: 0, deadline: 20_000, log: (line) => log.push(line) })
    await running.ready
    const client = await RawClient.connect(portOf(server))
    client.get('/report?token=secret')
    while (running.health().inFlight === 0) await after(5)
    const told: Waiting[] = []
    running.on('waiting', (waiting) => told.push(waiting))
    const stopped = running.drain('test')
    await clock.advance(6_500)
    expect(told.map(({ forMs }) => forMs)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000, 6_000])
    expect(told[2]).toMatchObject({ part: 'inFlight', text: '1 request: GET /report 3s' })
    expect(told[2]?.pending).toMatchObject([{ what: 'request', method: 'GET', path: '/report' }])
    // A log that is no terminal is told each fifth time.
    expect(log).toEqual(['service draining for 5s: 1 request: GET /report 5s'])
    client.socket.destroy()
    await whileAdvancing(clock, stopped)
    const before = told.length
    await clock.advance(5_000)
    expect(told).toHaveLength(before)
  })

  test('harms nothing when its listener throws, and is no longer told when that is taken away', async () => {
    const clock = virtualClock()
    const { service, log } = await serve(hello, { clock, deadline: 20_000 })
    const held = service.hold('a while')
    const told: number[] = []
    service.on('waiting', () => {
      throw new Error('no listener')
    })
    const stop = service.on('waiting', ({ forMs }) => told.push(forMs))
    const stopped = service.drain('test')
    await clock.advance(2_000)
    stop()
    await clock.advance(1_000)
    held.done()
    const { code } = await whileAdvancing(clock, stopped)
    expect(told).toEqual([1_000, 2_000])
    expect(log.filter((line) => line.includes('no listener'))).toHaveLength(3)
    expect(code).toBe(0)
  })

  test('of another name is refused', async () => {
    const { service } = await serve(hello)
    expect(() => service.on('wating' as never, () => {})).toThrow("'waiting'")
    expect(() => service.on('waiting', 'listener' as never)).toThrow('a function')
  })
})

describe('a terminal', () => {
  const written = (
    isTTY: boolean,
  ): { out: { isTTY: boolean; columns: number; write: (text: string) => void }; text: string[] } => {
    const text: string[] = []
    return { out: { isTTY, columns: 20, write: (more) => text.push(more) }, text }
  }

  test('shows live what is the case, in one line that fits, and clears it for what stays', () => {
    const { out, text } = written(true)
    const live = terminal(undefined, out)
    live.show('draining: 3 requests: GET /report 12s')
    live.show('draining')
    live.say('stopped')
    live.clear()
    expect(text).toEqual([
      '\r\u001b[2Kdraining: 3 request',
      '\r\u001b[2Kdraining',
      '\r\u001b[2Kstopped\n',
      '\r\u001b[2K',
    ])
  })

  test('that cannot take a line back shows each fifth moment', () => {
    const { out, text } = written(false)
    const log = terminal(undefined, out)
    for (let moment = 1; moment <= 11; moment++) log.show(`moment ${moment}`)
    log.clear()
    expect(text).toEqual(['moment 5\n', 'moment 10\n'])
  })

  test('whose log throws falls back on stderr', () => {
    const { out, text } = written(true)
    const log = vi.fn(() => {
      throw new Error('no log')
    })
    terminal(log, out).say('stopped')
    expect(log).toHaveBeenCalledWith('stopped')
    expect(text).toEqual(['stopped\n'])
  })
})
