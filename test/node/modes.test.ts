import { createServer, type RequestListener } from 'node:http'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { type Incoming, type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import { after, portOf, QUICK, RawClient } from './harness.ts'

const reads = ({ method }: Incoming): boolean => method === 'GET' || method === 'HEAD'
const slowWrites: RequestListener = (request, response) => {
  if (request.method === 'GET') response.end('read')
  else setTimeout(() => response.end('written'), 200)
}

type Mode = 'read-only' | 'mitigation'

async function start(
  options: Partial<ServiceOptions<Mode>> = {},
  handler = slowWrites,
): Promise<{ service: Service<Mode>; port: number; log: string[] }> {
  const server = createServer(handler)
  const log: string[] = []
  const running = service<Mode>({
    ...QUICK,
    server,
    log: (line) => log.push(line),
    modes: { 'read-only': { admits: reads }, mitigation: {} },
    ...options,
  })
  onTestFinished(async () => {
    await running.drain('the test has finished')
  })
  await running.ready
  return { service: running, port: portOf(server), log }
}

const reason = { reason: 'the primary fails over' }

describe('a mode', () => {
  test('is a phase of the same chart: what it does not admit is refused with 503, and tried elsewhere', async () => {
    const { service, port } = await start()
    await service.subject.flip('enter read-only', reason)
    expect(service.health()).toMatchObject({ isReady: true, phase: 'read-only' })
    const client = await RawClient.connect(port)
    await client.get('/').body('read')
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n').ended()
    expect(client.responses()).toEqual(['200 keep-alive', '503 close'])
    expect(client.received).toMatch(/retry-after: 1\r\n/i)
    await service.subject.flip('resume', { reason: 'over' })
    const other = await RawClient.connect(port)
    await other.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n').body('written')
    expect(service.health().phase).toBe('active')
  })

  test('is entered when what it does not admit has ended, and meanwhile refuses more of that', async () => {
    const { service, port } = await start()
    const writer = await RawClient.connect(port)
    writer.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    await after(30)
    const entered = service.subject.flip('enter read-only', reason)
    await after(30)
    const late = await RawClient.connect(port)
    late.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    const reader = await RawClient.connect(port)
    await Promise.all([late.ended(), reader.get('/').body('read')])
    expect([late.responses(), writer.received]).toEqual([['503 close'], ''])
    await entered
    expect(service.health().inFlight).toBe(0)
    await writer.body('written')
  })

  test('is not entered when that takes too long; then everything is admitted as before', async () => {
    const forever: RequestListener = (request, response) => {
      if (request.url !== '/forever') response.end('done')
    }
    const { service, port } = await start(
      { modes: { 'read-only': { admits: reads, within: 100 }, mitigation: {} } },
      forever,
    )
    const writer = await RawClient.connect(port)
    writer.send('POST /forever HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    await after(30)
    await expect(service.subject.flip('enter read-only', reason)).rejects.toMatchObject({ code: 'FLIP_ROLLED_BACK' })
    expect(service.health()).toMatchObject({ isReady: true, phase: 'active' })
    const other = await RawClient.connect(port)
    await other.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n').body('done')
    writer.socket.destroy()
  })

  test('can be followed by another, and drained from; what it refused it goes on refusing', async () => {
    const { service, port } = await start()
    const told: string[] = []
    service.gate.on('flip.committed', ({ flip }) => told.push(flip))
    await service.subject.flip('enter mitigation', reason)
    await service.subject.flip('enter read-only', reason)
    const client = await RawClient.connect(port)
    const stopped = service.drain('test')
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n').ended()
    expect(client.responses()).toEqual(['503 close'])
    expect(await stopped).toMatchObject({ code: 0, refused: 1, answered: 0 })
    expect(told).toEqual(['enter mitigation', 'enter read-only', 'drain', 'stop'])
  })

  test('whose judgement fails admits nothing', async () => {
    const broken = (): boolean => {
      throw new Error('no such header')
    }
    const { service, port } = await start({ modes: { 'read-only': { admits: broken }, mitigation: {} } })
    await service.subject.flip('enter read-only', reason)
    const client = await RawClient.connect(port)
    await client.get('/').ended()
    await client.get('/readyz').ended()
    expect(client.responses()).toEqual(['503 close'])
  })

  test('never keeps a probe out', async () => {
    const { service, port } = await start({ modes: { 'read-only': { admits: () => false }, mitigation: {} } })
    await service.subject.flip('enter read-only', reason)
    const client = await RawClient.connect(port)
    await client.get('/readyz').body('"status":"ready"')
  })
})

describe('a drain while a mode is being entered', () => {
  const forever: RequestListener = (request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 400)
  }

  async function entering(
    whileFlipping: 'preempt' | 'wait',
  ): Promise<{ service: Service<Mode>; entered: Promise<unknown>; told: string[] }> {
    const { service, port } = await start({ whileFlipping }, forever)
    const told: string[] = []
    service.gate.on('flip.committed', ({ flip }) => told.push(`${flip} committed`))
    service.gate.on('flip.rolledBack', ({ flip }) => told.push(`${flip} rolled back`))
    const writer = await RawClient.connect(port)
    writer.send('POST /slow HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n')
    await after(30)
    const entered = service.subject.safeFlip('enter read-only', reason)
    await after(30)
    return { service, entered, told }
  }

  test('cancels it, where that is declared', async () => {
    const { service, told } = await entering('preempt')
    const stopped = service.drain('SIGTERM')
    expect(service.health().isReady).toBe(false)
    expect(await stopped).toMatchObject({ code: 0, answered: 1 })
    expect(told).toEqual(['enter read-only rolled back', 'drain committed', 'stop committed'])
  })

  test('waits for it, where that is declared, and turns unready all the same', async () => {
    const { service, told } = await entering('wait')
    const stopped = service.drain('SIGTERM')
    expect(service.health().isReady).toBe(false)
    expect(await stopped).toMatchObject({ code: 0, answered: 1 })
    expect(told).toEqual(['enter read-only committed', 'drain committed', 'stop committed'])
  })
})

test('the types know the modes, and the flips between them', () => {
  const typed = (): Service<'read-only'> => service({ server: createServer(), modes: { 'read-only': {} } })
  expectTypeOf(typed).returns.toExtend<Service<'read-only'>>()
  type Flips = Parameters<Service<'read-only'>['subject']['flip']>[0]
  expectTypeOf<Flips>().toEqualTypeOf<'start' | 'drain' | 'undrain' | 'stop' | 'resume' | 'enter read-only'>()
  type Plain = Parameters<Service['subject']['flip']>[0]
  expectTypeOf<Plain>().toEqualTypeOf<'start' | 'drain' | 'undrain' | 'stop'>()
})

test.each([
  [{ modes: ['read-only'] }, 'modes'],
  [{ modes: { active: {} } }, 'the name of a mode'],
  [{ modes: { 'read-only': { admit: reads } } }, 'modes.read-only.admit'],
  [{ modes: { 'read-only': { admits: true } } }, 'modes.read-only.admits'],
  [{ modes: { 'read-only': { within: 0 } } }, 'modes.read-only.within'],
])('%o is refused, naming %s', (options, option) => {
  const given = { server: createServer(), ...options } as unknown as ServiceOptions
  expect(() => service(given)).toThrow(expect.objectContaining({ facts: expect.objectContaining({ option }) }))
})
