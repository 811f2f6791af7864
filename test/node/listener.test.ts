import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { Connections } from '../../src/node/traffic/connections.ts'
import { mayClose, stopAccepting } from '../../src/node/traffic/listener.ts'

test('while a listener closes, requests are kept as long as somebody may knock; then they go on', async () => {
  const connections = new Connections(systemClock)
  const server = createServer((socket) => connections.accepted(socket)).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const knocking = connect(port, '127.0.0.1')
  await once(knocking, 'connect')
  while (connections.acceptedTotal === 0) await new Promise((resolve) => setImmediate(resolve))

  const closing = stopAccepting([server], connections, systemClock)
  let hasGone = false
  expect(connections.hold.keeps(() => (hasGone = true))).toBe(true)
  await new Promise((resolve) => setImmediate(resolve))
  expect([server.listening, hasGone]).toEqual([true, false])
  await closing
  expect([server.listening, hasGone]).toEqual([false, true])
  knocking.destroy()
  await connections.destroyAll()
})

describe('a listener is closed', () => {
  const turn = { elapsedMs: 30, turns: 300, tookMs: 0.1, hasBrought: false, quietTurns: 2 }

  test('when nobody seems to come any more, or the time for that is over', () => {
    expect(mayClose(turn)).toBe(true)
    expect(mayClose({ ...turn, quietTurns: 1 })).toBe(false)
    expect(mayClose({ ...turn, quietTurns: 0, elapsedMs: 250 })).toBe(true)
  })

  test('not after a turn that brought a connection or was long, for then there may be another in the queue', () => {
    expect(mayClose({ ...turn, elapsedMs: 250, hasBrought: true })).toBe(false)
    expect(mayClose({ ...turn, elapsedMs: 250, tookMs: 5 })).toBe(false)
  })

  test('in the end, whatever comes, but not before the process has had its turns', () => {
    expect(mayClose({ ...turn, elapsedMs: 500, turns: 1_000, hasBrought: true, tookMs: 5 })).toBe(true)
    expect(mayClose({ ...turn, elapsedMs: 900, turns: 20, hasBrought: true, tookMs: 5 })).toBe(false)
  })
})
