import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { consumer, service } from '../../src/node/index.ts'
import { after, hello, portOf, QUICK, RawClient, serve } from './harness.ts'

const LONG = { lameDuck: { min: 300, quiet: 40, max: 400 } } as const

test('a drain is called off as long as the listeners are open: ready again, and connections are kept again', async () => {
  const { service, port } = await serve(hello, LONG)
  const told: string[] = []
  service.gate.on('flip.committed', ({ flip, to }) => told.push(`${flip} → ${to}`))
  service.gate.on('flip.rolledBack', ({ flip }) => told.push(`${flip} turned back`))
  void service.drain('by mistake')
  await after(50)
  await service.undrain('it was a mistake')
  expect(service.health()).toMatchObject({ isReady: true, phase: 'active', draining: undefined, waitingFor: [] })
  expect(told).toEqual(['drain → draining', 'stop turned back', 'undrain → active'])
  const client = await RawClient.connect(port)
  await client.get('/').body('hello')
  expect(client.responses()).toEqual(['200 keep-alive'])
  const summary = await service.drain('in earnest')
  expect(summary).toMatchObject({ reason: 'in earnest', code: 0 })
  expect(told.slice(3)).toEqual(['drain → draining', 'stop → stopped'])
})

test('in the very tick of the drain, too', async () => {
  const { service } = await serve(hello, LONG)
  const stopped = service.drain('by mistake')
  await service.undrain('it was a mistake')
  expect(service.health().isReady).toBe(true)
  // Whoever waits for the end waits for the real one.
  void service.drain('in earnest')
  expect(await stopped).toMatchObject({ reason: 'in earnest' })
})

test('not once the listeners are closing, nor where nothing is being drained', async () => {
  const { service, server } = await serve(hello)
  await expect(service.undrain('why not')).rejects.toMatchObject({ code: 'FLIP_ILLEGAL', facts: { from: 'active' } })
  const held = service.hold('a while')
  const stopped = service.drain('test')
  while (server.listening) await after(5)
  await expect(service.undrain('too late')).rejects.toThrow('the listeners are closing')
  held.done()
  expect(await stopped).toMatchObject({ code: 0 })
  await expect(service.undrain('far too late')).rejects.toMatchObject({ code: 'FLIP_ILLEGAL' })
})

test('nor can the flip be cancelled by hand from there on', async () => {
  const { service } = await serve(hello)
  const held = service.hold('a while')
  const closed = new Promise<string>((resolve) => {
    service.gate.on('flip.stepped', ({ step, flipId }) => step === 'stop accepting' && resolve(flipId))
  })
  const stopped = service.drain('test')
  const cancelled = service.subject.cancel(await closed, { reason: 'too late' })
  await expect(cancelled).rejects.toMatchObject({ code: 'FLIP_PAST_RETURN' })
  held.done()
  expect(await stopped).toMatchObject({ code: 0 })
})

test('after it the same signal drains again, as if it had never come', async () => {
  const { service } = await serve(hello, { ...LONG, signals: ['SIGHUP'] })
  process.emit('SIGHUP', 'SIGHUP')
  await service.undrain('it was a mistake')
  process.emit('SIGHUP', 'SIGHUP')
  expect(service.health()).toMatchObject({ isReady: false, draining: 'SIGHUP' })
  expect(await service.stopped).toMatchObject({ reason: 'SIGHUP', code: 0 })
})

test('nor before it was ever active', async () => {
  const running = service({ ...QUICK, listen: undefined, server: createServer(hello), log: () => {} })
  const stopped = running.drain('test')
  await expect(running.undrain('start after all')).rejects.toThrow('it was never active')
  await stopped
})

test('a trigger that comes while it is being called off drains it again', async () => {
  const { service } = await serve(hello, LONG)
  void service.drain('by mistake')
  const undrained = service.undrain('it was a mistake')
  const stopped = service.drain('SIGTERM')
  await undrained
  expect(await stopped).toMatchObject({ reason: 'SIGTERM', code: 0 })
})

test('what was answered in a drain that was called off does not count in the next', async () => {
  const { service, port } = await serve(hello, LONG)
  void service.drain('by mistake')
  const early = await RawClient.connect(port)
  await early.get('/').body('hello')
  await service.undrain('it was a mistake')
  const stopped = service.drain('in earnest')
  const late = await RawClient.connect(port)
  await late.get('/').body('hello')
  expect(await stopped).toMatchObject({ code: 0, answered: 1 })
})

test('from a mode it leads back into the mode, and at no moment is more admitted', async () => {
  const server = createServer(hello)
  const running = service<'read-only'>({
    ...QUICK,
    ...LONG,
    server,
    log: () => {},
    modes: { 'read-only': { admits: ({ method }) => method === 'GET' } },
  })
  await running.ready
  await running.subject.flip('enter read-only', { reason: 'test' })
  const answers = new Set<number>()
  let isOver = false
  const writing = (async () => {
    while (!isOver) answers.add((await fetch(`http://127.0.0.1:${portOf(server)}/`, { method: 'POST' })).status)
  })()
  const told: string[] = []
  running.gate.on('flip.committed', ({ flip, to }) => told.push(`${flip} → ${to}`))
  void running.drain('by mistake')
  await after(30)
  await running.undrain('it was a mistake')
  isOver = true
  await writing
  expect(running.health()).toMatchObject({ isReady: true, phase: 'read-only' })
  expect([...answers]).toEqual([503])
  expect(told).toEqual(['drain → draining', 'undrain → active', 'enter read-only → read-only'])
  await running.drain('in earnest')
})

test('consumers resume; those that cannot keep it from being called off', async () => {
  const told: string[] = []
  const pausing = { pause: () => told.push('pause'), drain: () => {} }
  const able = await serve(hello, {
    ...LONG,
    dependencies: { jobs: consumer({ ...pausing, resume: () => told.push('resume') }) },
  })
  void able.service.drain('by mistake')
  await able.service.undrain('it was a mistake')
  expect(told).toEqual(['pause', 'resume'])
  const unable = await serve(hello, { ...LONG, dependencies: { jobs: consumer(pausing) } })
  void unable.service.drain('by mistake')
  await expect(unable.service.undrain('it was a mistake')).rejects.toThrow('jobs cannot resume')
})

test('by hand it is refused while the drain goes on, and names what to call', async () => {
  const { service } = await serve(hello, LONG)
  void service.drain('test')
  await after(50)
  await expect(service.subject.flip('undrain', { reason: 'by hand' })).rejects.toMatchObject({ code: 'FLIP_BUSY' })
  expect(await service.stopped).toMatchObject({ code: 0 })
})
