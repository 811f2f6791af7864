import { Agent, get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { ServiceProcess } from './child.ts'
import { after, RawClient } from './harness.ts'

interface Tally {
  answered: number
  refused: number
  readonly lost: string[]
}

/** Asks one thing after the other on a keep-alive connection, until it is refused; whatever else fails is lost. */
async function client(port: number, tally: Tally, number: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let asked = 0; ; asked++) {
    const ms = (number * 7 + asked * 13) % 60
    const outcome = await ask(port, `/?ms=${ms}`, agent)
    if (outcome === 'answered') tally.answered++
    else if (outcome.includes('ECONNREFUSED')) break
    else tally.lost.push(outcome)
  }
  tally.refused++
  agent.destroy()
}

function ask(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get({ port, path, agent, host: '127.0.0.1' }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('error', (error) => resolve(`cut: ${error.message}`))
      response.on('end', () =>
        resolve(response.statusCode === 200 && body === 'done' ? 'answered' : `${response.statusCode} ${body}`),
      )
    }).on('error', (error) => resolve(error.message))
  })
}

describe('a process', () => {
  test('under load by clients that ignore readiness loses no request on SIGTERM, and exits with 0', async () => {
    const service = new ServiceProcess()
    const port = await service.port
    const tally: Tally = { answered: 0, refused: 0, lost: [] }
    const clients = Array.from({ length: 48 }, (_, number) => client(port, tally, number))
    await after(500)
    const before = tally.answered
    service.kill('SIGTERM')
    await Promise.all(clients)
    expect(await service.exited).toEqual({ code: 0, signal: null })
    expect(tally).toMatchObject({ lost: [], refused: 48 })
    expect(before).toBeGreaterThan(100)
    expect(tally.answered).toBeGreaterThan(before)
    expect(service.told.flatMap((event) => event.committed ?? [])).toEqual(['start', 'drain', 'stop'])
    expect(service.summary()).toMatchObject({ reason: 'SIGTERM', code: 0, cut: [] })
  })

  test('is not killed by a second SIGTERM', async () => {
    const service = new ServiceProcess()
    const client = await RawClient.connect(await service.port)
    client.get('/?ms=600')
    await after(50)
    service.kill('SIGTERM')
    await after(100)
    service.kill('SIGTERM')
    await client.ended()
    expect(client.responses()).toEqual(['200 close'])
    expect(await service.exited).toEqual({ code: 0, signal: null })
    expect(service.log()).toContain('SIGTERM again: draining already')
  })

  test('exits with 130 at once on the second SIGINT', async () => {
    const service = new ServiceProcess()
    const client = await RawClient.connect(await service.port)
    client.get('/?ms=1400')
    await after(50)
    service.kill('SIGINT')
    await after(100)
    const started = performance.now()
    service.kill('SIGINT')
    expect(await service.exited).toEqual({ code: 130, signal: null })
    expect(performance.now() - started).toBeLessThan(500)
  })

  test('cuts an endless stream at the deadline, names it, and exits with 1', async () => {
    const service = new ServiceProcess({ options: { deadline: 300 } })
    const client = await RawClient.connect(await service.port)
    await client.get('/endless').body('tick')
    service.kill('SIGTERM')
    // The handler forgets its interval as well.
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(service.log()).toMatch(/cut at the deadline: GET \/endless, \d\.\d s/)
    expect(service.summary()?.cut).toHaveLength(1)
  })

  test('that is kept alive by something forgotten is ended after a second, naming it', async () => {
    const service = new ServiceProcess({ forget: true })
    await service.port
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(service.summary()).toMatchObject({ code: 0 })
    expect(service.log()).toMatch(/forced to exit after 1s: the event loop is kept alive by .*Timeout/)
  })

  test('without traffic is gone after the lame duck', async () => {
    const service = new ServiceProcess()
    await service.port
    const started = performance.now()
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 0, signal: null })
    // Long before the linger that the default would be, however busy the machine is.
    expect(performance.now() - started).toBeLessThan(1_500)
  })
})
