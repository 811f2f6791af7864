import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { consumer, type Dependency, type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { after, hello, none, portOf, QUICK, RawClient, whileAdvancing } from './harness.ts'

/** A service with `dependencies`, and everything that they and it were told, in order. */
function start(
  dependencies: ServiceOptions['dependencies'],
  options: Partial<ServiceOptions> = {},
): { service: Service; told: string[]; log: string[] } {
  const log: string[] = []
  const running = service({
    ...QUICK,
    server: createServer(hello),
    log: (line) => log.push(line),
    ...options,
    dependencies,
  })
  const told: string[] = []
  running.gate.on('flip.committed', ({ to }) => told.push(to))
  return { service: running, told, log }
}

/** Tells `told` when it starts and when it stops. */
function noted(told: string[], name: string, more: Dependency = {}): Dependency {
  return { start: () => told.push(`start ${name}`), stop: () => told.push(`stop ${name}`), ...more }
}

describe('dependencies', () => {
  test('are started in order before the server listens, and stopped in reverse', async () => {
    const told: string[] = []
    const server = createServer(hello)
    const { service } = start(
      {
        cache: noted(told, 'cache', { after: ['database'], start: () => told.push(`cache, ${server.listening}`) }),
        database: noted(told, 'database'),
        jobs: noted(told, 'jobs', { after: ['cache', 'database'] }),
      },
      { server },
    )
    await service.ready
    expect(told).toEqual(['start database', 'cache, false', 'start jobs'])
    const summary = await service.drain('test')
    expect(told.slice(3)).toEqual(['stop jobs', 'stop cache', 'stop database'])
    expect(summary).toMatchObject({ code: 0, failed: [] })
  })

  test('each start is a step of the flip, and what stopping took is the result of another', async () => {
    const { service } = start({ database: noted([], 'database') })
    const steps: unknown[] = []
    service.gate.on('flip.stepped', ({ flip, step, output }) => steps.push([flip, step, output]))
    await service.ready
    await service.drain('test')
    expect(steps).toContainEqual(['start', 'start database', undefined])
    expect(steps).toContainEqual(['stop', 'release', { database: expect.any(Number) }])
  })

  test('that were started are undone in reverse when one fails, which is stopped as well; it is never ready', async () => {
    const told: string[] = []
    const fail = (): never => {
      told.push('start cache')
      throw new Error('no route to the cache')
    }
    const { service, log } = start({
      database: noted(told, 'database'),
      cache: noted(told, 'cache', { start: fail }),
      jobs: noted(told, 'jobs', { after: ['cache'] }),
    })
    await expect(service.ready).rejects.toMatchObject({ code: 'FLIP_ROLLED_BACK' })
    const summary = await service.stopped
    expect(told).toEqual(['start database', 'start cache', 'stop cache', 'stop database'])
    expect(summary).toMatchObject({ code: 1, ms: { lameDuck: none } })
    expect(log.join()).toContain('no route to the cache')
  })

  test('a drain during the start breaks it off and undoes it in order', async () => {
    const told: string[] = []
    const hangs = ({ signal }: { readonly signal: AbortSignal }): Promise<void> =>
      new Promise((_, reject) => {
        told.push('start cache')
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const { service } = start({
      database: noted(told, 'database'),
      cache: noted(told, 'cache', { start: hangs }),
      jobs: noted(told, 'jobs', { after: ['cache'] }),
    })
    while (!told.includes('start cache')) await after(1)
    const summary = await service.drain('SIGTERM')
    await expect(service.ready).rejects.toThrow('SIGTERM came before the service was ready')
    expect(told).toEqual(['start database', 'start cache', 'stop cache', 'stop database'])
    expect(summary).toMatchObject({ code: 0, failed: [] })
  })

  test('one whose undoing takes longer than the drain waits for its record is stopped once, and waited for', async () => {
    const told: string[] = []
    const slowly = async (): Promise<void> => {
      told.push('stop cache')
      await after(900)
      told.push('cache has stopped')
    }
    const { service } = start({
      database: noted(told, 'database'),
      cache: noted(told, 'cache', { after: ['database'], stop: slowly }),
      jobs: noted(told, 'jobs', { after: ['cache'], start: () => new Promise(() => told.push('start jobs')) }),
    })
    while (!told.includes('start jobs')) await after(1)
    const { ms } = await service.drain('SIGTERM')
    expect(told.slice(3)).toEqual(['stop jobs', 'stop cache', 'cache has stopped', 'stop database'])
    expect(ms.total).toBeGreaterThan(890)
  })

  test('one that does not heed the signal is not waited for', async () => {
    const told: string[] = []
    const deaf = noted(told, 'cache', { start: () => new Promise(() => told.push('start cache')) })
    const { service } = start({ cache: deaf })
    while (told.length === 0) await after(1)
    expect(await service.drain('SIGTERM')).toMatchObject({ code: 0 })
    expect(told).toEqual(['start cache', 'stop cache'])
  })

  test('one that has no start is there already, and is stopped whatever became of the others', async () => {
    const told: string[] = []
    const fail = (): never => {
      throw new Error('no')
    }
    const { service } = start({
      broken: { start: fail },
      pool: { stop: () => told.push('stop pool'), after: ['broken'] },
    })
    await service.stopped
    expect(told).toEqual(['stop pool'])
  })

  test('one that fails to stop does not keep the rest from stopping, and is told with code 1', async () => {
    const told: string[] = []
    const fail = (): never => {
      throw new Error('already gone')
    }
    const { service, log } = start({
      database: noted(told, 'database'),
      cache: noted(told, 'cache', { stop: fail, after: ['database'] }),
    })
    await service.ready
    const summary = await service.drain('test')
    expect(told).toEqual(['start database', 'start cache', 'stop database'])
    expect(summary).toMatchObject({ code: 1, failed: [{ dependency: 'cache', during: 'stop' }] })
    expect(log.at(-1)).toContain('cache could not stop: already gone')
  })

  test('one that never settles is given up after its time, and its signal aborts', async () => {
    const clock = virtualClock()
    const told: string[] = []
    const hangs = ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
      const begunMs = clock.monotonic()
      signal.addEventListener('abort', () => told.push(`aborted after ${clock.monotonic() - begunMs}`))
      return new Promise(() => {})
    }
    const { service } = start(
      { database: noted(told, 'database'), cache: { stop: hangs, stopTimeout: '3s', after: ['database'] } },
      { clock, grace: '12s', lameDuck: { min: 0, quiet: 0, max: 100 } },
    )
    await whileAdvancing(clock, service.ready)
    const summary = await whileAdvancing(clock, service.drain('test'))
    expect(told).toEqual(['start database', 'aborted after 3000', 'stop database'])
    expect(summary).toMatchObject({
      code: 1,
      failed: [{ dependency: 'cache', error: { message: 'it took longer than 3s' } }],
    })
  })

  test('independent ones stop side by side', async () => {
    const clock = virtualClock()
    const slow: Dependency = { stop: () => new Promise((resolve) => clock.timer(2_000, () => resolve(undefined))) }
    const { service } = start(
      { one: slow, two: slow, three: { ...slow, after: ['one'] } },
      { clock, grace: '20s', lameDuck: { min: 0, quiet: 0, max: 100 } },
    )
    await whileAdvancing(clock, service.ready)
    const { ms } = await whileAdvancing(clock, service.drain('test'))
    expect(ms.release).toBe(4_000)
  })

  test('are stopped after the last request, whose handler still needs them', async () => {
    let isOpen = true
    const server = createServer((_, response) => void setTimeout(() => response.end(isOpen ? 'open' : 'closed'), 300))
    const { service } = start({ database: { stop: () => (isOpen = false) } }, { server })
    await service.ready
    const client = await RawClient.connect(portOf(server))
    client.get('/')
    await after(30)
    await service.drain('test')
    expect(client.received).toContain('open')
    expect(isOpen).toBe(false)
  })
})

describe('a consumer', () => {
  test('is paused in the tick of the trigger, and what it has fetched is waited for', async () => {
    const told: string[] = []
    const emails = consumer({
      pause: () => told.push('paused'),
      drain: () => after(250).then(() => told.push('drained')),
      stop: () => told.push('stopped'),
    })
    const { service } = start({ emails }, {})
    await service.ready
    const stopped = service.drain('test')
    expect(told).toEqual(['paused'])
    await after(150)
    expect(service.health().waitingFor).toMatchObject([{ what: 'consumer', name: 'emails' }])
    expect(await stopped).toMatchObject({ code: 0 })
    expect(told).toEqual(['paused', 'drained', 'stopped'])
  })

  test('that does not drain is given up at the deadline, named, and stopped all the same', async () => {
    const told: string[] = []
    const emails = consumer({
      pause: () => {},
      drain: () => new Promise(() => {}),
      stop: () => told.push('stopped'),
    })
    const { service, log } = start({ emails }, { deadline: 200 })
    await service.ready
    expect(await service.drain('test')).toMatchObject({
      code: 1,
      failed: [{ dependency: 'emails', during: 'drain', error: { message: 'the deadline has passed' } }],
    })
    expect(told).toEqual(['stopped'])
    expect(log.at(-1)).toContain('emails could not drain')
  })
})

describe('a hold', () => {
  test('is waited for, by its name', async () => {
    const { service } = start({})
    await service.ready
    const report = service.hold('nightly report')
    setTimeout(() => report.done(), 300)
    const stopped = service.drain('test')
    expect(service.health().waitingFor).toMatchObject([{ what: 'hold', name: 'nightly report' }])
    const { code, ms } = await stopped
    expect(code).toBe(0)
    expect(ms.total).toBeGreaterThan(280)
    expect(service.health().waitingFor).toEqual([])
  })

  test('that is not given back is named at the deadline', async () => {
    const { service, log } = start({}, { deadline: 150 })
    await service.ready
    service.hold('nightly report')
    expect(await service.drain('test')).toMatchObject({ code: 1, cut: [{ what: 'hold', name: 'nightly report' }] })
    expect(log[0]).toMatch(/^cut at the deadline: hold nightly report, /)
  })

  test('is not given out by a service that has stopped, nor without a name', async () => {
    const { service } = start({})
    await service.ready
    expect(() => service.hold('')).toThrow('the name of a hold')
    await service.drain('test')
    const facts = { subject: service.subject.id, asked: 'active', phase: 'stopped' }
    expect(() => service.hold('late')).toThrow(expect.objectContaining({ code: 'NOT_IN_PHASE', facts }))
  })
})
