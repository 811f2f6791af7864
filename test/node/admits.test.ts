import { createServer, type IncomingMessage } from 'node:http'
import { connect, createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2'
import { expect, onTestFinished, test } from 'vitest'
import { type LameDuckOptions, type Service, service } from '../../src/node/index.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/time/index.ts'
import { portOf, QUICK, RawClient } from './harness.ts'

const HTTP1 = { httpVersionMajor: 1, headers: {} } as IncomingMessage
const HTTP2 = { httpVersionMajor: 2, headers: {} } as IncomingMessage

const modes = {
  'read-only': { admits: (request: { readonly method?: string | undefined }) => request.method !== 'DELETE' },
  maintenance: {},
}

async function start(
  options: { readonly clock?: VirtualClock; readonly lameDuck?: LameDuckOptions } = {},
): Promise<{ readonly api: Service<keyof typeof modes>; readonly port: number }> {
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || api.admits(request, response, ['active', 'maintenance'])) response.end('served')
  })
  const api = service({ ...QUICK, server, modes, log: () => {}, ...options })
  onTestFinished(async () => {
    let isOver = false
    void api.drain('the test has finished').then(() => {
      isOver = true
    })
    for (; !isOver; await new Promise(setImmediate)) await options.clock?.advance(50)
  })
  await api.ready
  return { api, port: portOf(server) }
}

test('a route says by phase whether it is served; on HTTP/2 the refusal leaves the connection alone', async () => {
  const { api } = await start()
  expect(api.refusal(HTTP1, ['active'])).toBeUndefined()
  expect(api.refusal(HTTP1, ['read-only', 'active'])).toBeUndefined()
  const refused = { status: 503, headers: { 'Retry-After': '1', Connection: 'close' } }
  expect(api.refusal(HTTP1, ['read-only'])).toEqual(refused)
  expect(api.refusal(HTTP2, ['read-only'])).toEqual({ status: 503, headers: { 'Retry-After': '1' } })
  await api.subject.flip('enter read-only', { reason: 'failover' })
  expect(api.refusal(HTTP1, ['active'])).toEqual(refused)
  await api.subject.flip('enter maintenance', { reason: 'worse' })
  expect(api.refusal(HTTP1, ['active', 'maintenance'])).toBeUndefined()
  expect(api.refusal(HTTP1, ['read-only'])).toEqual(refused)
})

test('a phase that the service does not have is refused by name', async () => {
  const { api } = await start()
  expect(() => api.refusal(HTTP1, ['readonly' as 'read-only'])).toThrow(
    'a phase to serve in is "readonly"; it must be one of active, read-only, maintenance',
  )
})

test('a drain turns away what the mode before it did', async () => {
  const { api, port } = await start({ clock: virtualClock(), lameDuck: { min: '1s', quiet: 0, max: '1s' } })
  const ask = async (method: string): Promise<string | undefined> => {
    const client = await RawClient.connect(port)
    client.send(`${method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n`)
    return (await client.until(({ received }) => received.includes('\r\n\r\n'))).responses()[0]
  }
  await api.subject.flip('enter read-only', { reason: 'failover' })
  void api.drain('kernel patch')
  while (api.health().phase !== 'draining') await new Promise(setImmediate)
  expect(await ask('POST')).toBe('503 close')
  expect(await ask('DELETE')).toBe('503 close')
})

test('over HTTP/2, too, a mode is entered only when what its routes would turn away has been answered', async () => {
  const served: Http2ServerResponse[] = []
  const server = createHttp2Server((request, response) => {
    if (api.admits(request, response, ['active'])) served.push(response)
  })
  const api = service({ ...QUICK, server, modes: { 'read-only': {} }, log: () => {} })
  onTestFinished(async () => void (await api.drain('the test has finished')))
  await api.ready
  const session = connect(`http://127.0.0.1:${portOf(server)}`)
  onTestFinished(() => session.destroy())
  const ask = (): Promise<number | undefined> =>
    new Promise((resolve) =>
      session
        .request({ ':path': '/' })
        .on('response', (head) => resolve(head[':status']))
        .end(),
    )
  const first = ask()
  while (served.length === 0) await new Promise(setImmediate)
  const seen: string[] = []
  const entered = api.subject.flip('enter read-only', { reason: 'failover' }).then(() => seen.push('entered'))
  while ((await Promise.race([ask(), new Promise((resolve) => setTimeout(resolve, 20))])) !== 503);
  seen.push('finished')
  for (const response of served) response.end()
  expect(await first).toBe(200)
  await entered
  expect(seen).toEqual(['finished', 'entered'])
})
