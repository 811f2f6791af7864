import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { service } from '../../src/node/index.ts'
import { after, hello, portOf, QUICK, RawClient } from './harness.ts'

/** A key and its certificate that nobody trusts: for tests on loopback alone. */
function identity(): { readonly key: Buffer; readonly cert: Buffer } {
  const read = (name: string): Buffer => readFileSync(new URL(`./fixtures/localhost-${name}.pem`, import.meta.url))
  return { key: read('key'), cert: read('cert') }
}

test('a TLS server drains as well: idle and busy connections, and handshakes that never end', async () => {
  const server = createServer(identity(), (request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 400)
    else hello(request, response as never)
  })
  const running = service({ ...QUICK, server, log: () => {} })
  await running.ready
  const port = portOf(server)
  const dial = (): RawClient => new RawClient(connect({ port, host: '127.0.0.1', rejectUnauthorized: false }))
  const [idle, busy, mute] = [dial(), dial(), await RawClient.connect(port)]
  await idle.get('/').body('hello')
  busy.get('/slow')
  await after(50)
  const summary = await running.drain('test')
  await Promise.all([idle.ended(), busy.ended(), mute.ended()])
  expect(busy.responses()).toEqual(['200 close'])
  expect(summary).toMatchObject({ code: 0, answered: 1, idleClosed: 1, cut: [] })
})
