import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test, vi } from 'vitest'
import { memoryJournal } from '../../src/adapters/memory/index.ts'
import { isPhasegateError, PhasegateError } from '../../src/base/index.ts'
import { type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import type { Journal } from '../../src/ports/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { after, hello, none, portOf, QUICK, RawClient, serve, whileAdvancing } from './harness.ts'

function start(options: Partial<ServiceOptions>): { service: Service; log: string[] } {
  const log: string[] = []
  return { service: service({ ...QUICK, server: createServer(hello), log: (line) => log.push(line), ...options }), log }
}

/** A journal on which `append` is done by `instead`, from the `from`-th on. */
function failing(from: number, instead: () => Promise<void>): Journal {
  const journal = memoryJournal()
  const append = journal.append.bind(journal)
  let appends = 0
  return Object.assign(journal, {
    append: (...given: Parameters<Journal['append']>) => (++appends >= from ? instead() : append(...given)),
  })
}

test('a port that is taken fails the start: never ready, code 1, and the reason told', async () => {
  const { port } = await serve(hello)
  const { service, log } = start({ listen: { port, host: '127.0.0.1' } })
  await expect(service.ready).rejects.toMatchObject({ code: 'FLIP_ROLLED_BACK' })
  const summary = await service.stopped
  expect(summary).toMatchObject({ code: 1, ms: { lameDuck: none } })
  expect(isPhasegateError(summary.error, 'FLIP_ROLLED_BACK')).toBe(true)
  expect(log.join()).toContain('EADDRINUSE')
})

test('a drain before the server listens takes back the start', async () => {
  const server = createServer(hello)
  const { service } = start({ server, listen: undefined })
  await after(20)
  expect(service.health()).toMatchObject({ isReady: false, phase: 'starting' })
  const summary = await service.drain('SIGTERM')
  await expect(service.ready).rejects.toThrow('SIGTERM came before the service was ready')
  expect(summary).toMatchObject({ code: 0, ms: { lameDuck: none }, error: undefined })
  expect(service.health()).toMatchObject({ isReady: false, phase: 'stopped' })
  expect(server.listening).toBe(false)
})

test('a drain in the very tick of the start is never ready, and listens no more', async () => {
  const server = createServer(hello)
  const { service } = start({ server })
  const stopped = service.drain('SIGTERM')
  await expect(service.ready).rejects.toThrow()
  expect(await stopped).toMatchObject({ code: 0 })
  expect(server.listening).toBe(false)
})

test('requests that come before the start has been recorded are served', async () => {
  const server = createServer(hello).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { service } = start({ server, listen: undefined })
  const client = await RawClient.connect(portOf(server))
  await client.get('/').body('hello')
  await service.drain('test')
})

test('a journal that refuses to record the drain does not keep it from draining', async () => {
  const refuse = async (): Promise<void> => {
    throw new PhasegateError('JOURNAL_FAILED', 'no space left', { operation: 'append', cause: 'ENOSPC' })
  }
  const server = createServer((_, response) => void setTimeout(() => response.end('slow'), 300))
  const { service, log } = start({ server, journal: failing(4, refuse) })
  await service.ready
  const client = await RawClient.connect(portOf(server))
  client.get('/')
  await after(20)
  const summary = await service.drain('test')
  expect(client.responses()).toEqual(['200 close'])
  expect(summary).toMatchObject({ code: 1, answered: 1, cut: [], error: { code: 'JOURNAL_FAILED' } })
  expect(log.join()).toContain('the drain could not be recorded')
})

test('a permit that is not given back is asked after no more once the deadline has passed', async () => {
  const refuse = async (): Promise<void> => {
    throw new PhasegateError('JOURNAL_FAILED', 'no space left', { operation: 'append', cause: 'ENOSPC' })
  }
  const clock = virtualClock()
  const { service } = start({ clock, journal: failing(4, refuse), deadline: 300 })
  await whileAdvancing(clock, service.ready)
  service.subject.admit('active')
  const summary = await whileAdvancing(clock, service.drain('test'))
  expect(summary).toMatchObject({ code: 1, cut: [{ what: 'permits' }], error: { code: 'JOURNAL_FAILED' } })
  const asked = vi.spyOn(service.subject, 'permits')
  await clock.advance(60_000)
  expect(asked).not.toHaveBeenCalled()
})

test('a journal that never answers does not either, and the drain ends in its time', async () => {
  const { service } = start({ journal: failing(6, () => new Promise(() => {})), deadline: 300 })
  await service.ready
  const summary = await service.drain('test')
  expect(summary).toMatchObject({ code: 1, error: { code: 'JOURNAL_FAILED' } })
  // Lame duck, deadline, and the moment that recording may take.
  expect(summary.ms.total).toBeLessThan(400 + 300 + 500 + 200)
})

test('a request handler may drain the service it belongs to', async () => {
  const { service, port } = await serve((_request, response) => {
    void service.drain('preStop')
    response.end('draining')
  })
  const client = await RawClient.connect(port)
  await client.get('/').ended()
  expect(client.responses()).toEqual(['200 close'])
  expect(await service.stopped).toMatchObject({ reason: 'preStop', code: 0, error: undefined })
})

test('a log that throws does not keep it from draining', async () => {
  const { service } = start({
    log: () => {
      throw new Error('no log')
    },
  })
  await service.ready
  expect(await service.drain('test')).toMatchObject({ code: 0 })
})

test('its gate does the work of no other service: what another process left behind is not undone here', async () => {
  const { service } = start({})
  await service.ready
  const flip = service.gate.subject('api-of-another-process').flip('start')
  await expect(flip).rejects.toThrow('"api-of-another-process" is not the service of this process')
  expect(service.health()).toMatchObject({ isReady: true, phase: 'active' })
  await service.drain('test')
})
