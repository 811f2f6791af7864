import { describe, expect, test } from 'vitest'
import { ServiceProcess } from './child.ts'
import { after, none, RawClient } from './harness.ts'

describe('a crash', () => {
  test('is left to Node unless it was asked for: the process is gone at once, and the request with it', async () => {
    const service = new ServiceProcess({ quiet: true })
    const client = await RawClient.connect(await service.port)
    client.get('/?ms=500')
    await after(50)
    const other = await RawClient.connect(await service.port)
    other.get('/throw')
    expect((await service.exited).code).toBe(1)
    expect(service.summary()).toBeUndefined()
    await client.ended()
    expect(client.responses()).toEqual([])
  })

  test.each([
    ['/throw', { uncaughtException: 'drain' }, 'uncaughtException: thrown'],
    ['/reject', { unhandledRejection: 'drain' }, 'unhandledRejection: rejected'],
    // What nobody handles is thrown: Node's own way.
    ['/reject', { uncaughtException: 'drain' }, 'uncaughtException: rejected'],
  ])('by %s with %j drains first, answers what is in flight, and exits with 1', async (path, options, reason) => {
    const service = new ServiceProcess({ options })
    const client = await RawClient.connect(await service.port)
    client.get('/?ms=300')
    await after(50)
    const other = await RawClient.connect(await service.port)
    other.get(path)
    await client.ended()
    expect(client.responses()).toEqual(['200 close'])
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(service.summary()).toMatchObject({ reason, code: 1 })
    // With where it came from.
    expect(service.log()).toMatch(/Error: (?:thrown|rejected)\n +at /)
  })

  test('gives a drain that is under way no more than the crash grace', async () => {
    const options = { uncaughtException: 'drain', crashGrace: 400, deadline: 8_000, grace: 12_000 }
    const service = new ServiceProcess({ options })
    const client = await RawClient.connect(await service.port)
    client.get('/?ms=6000')
    await after(50)
    const other = await RawClient.connect(await service.port)
    service.kill('SIGTERM')
    await after(50)
    other.get('/throw')
    expect((await service.exited).code).toBe(1)
    const summary = service.summary()
    expect(summary).toMatchObject({ reason: 'SIGTERM', cut: [{ path: '/' }] })
    expect(summary?.ms.total).toBeLessThan(4_000)
  })
})

describe('SIGTERM while it starts', () => {
  test('undoes in order what had been started, and exits with 0', async () => {
    const service = new ServiceProcess({ startMs: 5_000 })
    await service.until((told) => told.started === 'slow')
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 0, signal: null })
    expect(service.told.flatMap((event) => event.started ?? event.stopped ?? [])).toEqual([
      'quick',
      'slow',
      'slow',
      'quick',
    ])
    expect(service.summary()).toMatchObject({ code: 0, ms: { lameDuck: none } })
  })
})

test('SIGTERM a second time ends it at once, where that is declared', async () => {
  const service = new ServiceProcess({ options: { force: ['SIGTERM'] } })
  const client = await RawClient.connect(await service.port)
  client.get('/?ms=1400')
  await after(50)
  service.kill('SIGTERM')
  await after(100)
  service.kill('SIGTERM')
  expect(await service.exited).toEqual({ code: 143, signal: null })
})

test('what is waited for is shown live in a terminal', async () => {
  const service = new ServiceProcess({ quiet: true, terminal: true, options: { deadline: 3_000 } })
  const client = await RawClient.connect(await service.port)
  client.get('/report?ms=1600')
  await after(50)
  service.kill('SIGTERM')
  expect((await service.exited).code).toBe(0)
  expect(service.stderr).toContain('\r\u001b[2Kservice draining for 1s: 1 request: GET /report 1')
  expect(service.stderr).toMatch(/service stopped \(SIGTERM\)/)
})
