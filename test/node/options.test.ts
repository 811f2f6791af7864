import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createNetServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { isPhasegateError } from '../../src/base/index.ts'
import type { ServiceOptions } from '../../src/node/options.ts'
import { parseOptions } from '../../src/node/settings.ts'

const server = createServer()
const given = (options: object): ServiceOptions => ({ server, ...options }) as ServiceOptions

function refusal(options: object): { option: string; value: string; expected: string } {
  try {
    parseOptions(given(options))
  } catch (error) {
    if (isPhasegateError(error, 'OPTION_INVALID')) return error.facts
    throw error
  }
  throw new Error('it was accepted')
}

describe('the options of a service', () => {
  test.each([
    [{ server: undefined }, 'server'],
    [{ server: createNetServer() }, 'server'],
    [{ lisen: { port: 80 } }, 'service.lisen'],
    [{ listen: 8080 }, 'listen'],
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: null }, 'name'],
    [{ subject: 'x'.repeat(256) }, 'subject'],
    [{ signals: ['SIGKILL'] }, 'signals'],
    [{ signals: 'SIGTERM' }, 'signals'],
    [{ health: { readiness: 'readyz' } }, 'health.readiness'],
    [{ health: { ready: '/readyz' } }, 'health.ready'],
    [{ health: { readiness: '/livez' } }, 'health.liveness'],
    [{ health: { preStop: '/prestop' } }, 'health.preStop'],
    [{ health: { listen: 9090 } }, 'health.listen'],
    [{ health: true }, 'health'],
    [{ lameDuck: { min: '20s' } }, 'lameDuck.min'],
    [{ lameDuck: { quiet: 'soon' } }, 'lameDuck.quiet'],
    [{ lameDuck: { minimum: 5 } }, 'lameDuck.minimum'],
    [{ linger: -1 }, 'linger'],
    [{ deadline: Number.NaN }, 'deadline'],
    [{ grace: '25 seconds' }, 'grace'],
    [{ exit: 'yes' }, 'exit'],
    [{ log: console }, 'log'],
    [{ journal: 'memory' }, 'journal'],
    [{ clock: Date }, 'clock'],
    [{ webSockets: {} }, 'webSockets'],
  ])('%o is refused, naming %s', (options, option) => {
    expect(refusal(options).option).toBe(option)
  })

  test('undefined means the default', () => {
    const settings = parseOptions(
      given({ name: undefined, grace: undefined, lameDuck: { min: undefined }, health: undefined }),
    )
    expect(settings.lameDuck).toEqual({ minMs: 500, quietMs: 1_000, maxMs: 10_000 })
    expect(settings.health).toEqual({
      paths: { readiness: '/readyz', liveness: '/livez', startup: '/startupz' },
      listen: undefined,
    })
    expect(settings.signals).toEqual(['SIGTERM', 'SIGINT'])
    expect(settings.lingerMs).toBe(5_000)
    expect(settings.graceMs).toBe(25_000)
  })

  test('what the grace leaves is the deadline', () => {
    expect(parseOptions(given({})).deadlineMs).toBe(13_500)
    expect(parseOptions(given({ grace: '60s', lameDuck: { max: '5s' } })).deadlineMs).toBe(53_500)
  })

  test('a budget that cannot fit is refused with its sum', () => {
    expect(refusal({ grace: '5s' })).toMatchObject({
      option: 'grace',
      value: '5s',
      expected: 'at least lameDuck.max 10s + end 1.5s = 11.5s',
    })
    expect(refusal({ deadline: '20s' }).expected).toBe('at least lameDuck.max 10s + deadline 20s + end 1.5s = 31.5s')
  })

  test('idle connections linger a second longer than the server would keep them, five at most', () => {
    const short = createServer()
    short.keepAliveTimeout = 1_500
    const endless = createServer()
    endless.keepAliveTimeout = 0
    expect(parseOptions({ server: short }).lingerMs).toBe(2_500)
    expect(parseOptions({ server: endless }).lingerMs).toBe(5_000)
    expect(parseOptions({ server: createHttp2Server() }).lingerMs).toBe(5_000)
  })

  test('every process start is another subject', () => {
    const [one, two] = [parseOptions(given({ name: 'api' })), parseOptions(given({ name: 'api' }))]
    expect(one.subject).toMatch(new RegExp(`^api-${process.pid}-[0-9a-f]{8}$`))
    expect(one.subject).not.toBe(two.subject)
  })
})
