import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { service } from '../../src/node/index.ts'
import { after, hello, identity, portOf, QUICK, RawClient } from './harness.ts'

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

test('a TLS connection that never sent a byte is idle, and closed when it has lingered', async () => {
  const server = createServer(identity(), hello)
  const running = service({ ...QUICK, server, log: () => {} })
  await running.ready
  const socket = connect({ port: portOf(server), host: '127.0.0.1', rejectUnauthorized: false })
  const unused = new RawClient(socket)
  await once(socket, 'secureConnect')
  const summary = await running.drain('test')
  await unused.ended()
  expect(summary).toMatchObject({ code: 0, idleClosed: 1, cut: [] })
})
