import { EventEmitter } from 'node:events'
import { watchPostgres } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import { checkOut } from '../../../src/adapters/postgres/client.ts'

test('a connection that breaks in the moment it is lent ends nothing', async () => {
  const client = new EventEmitter()
  const connect = (callback?: (error: undefined, client: EventEmitter) => void): never => {
    callback?.(undefined, client)
    // In the same breath, as when the server says both in one packet: whoever waits for a promise is not there yet.
    client.emit('error', new Error('terminating connection'))
    return undefined as never
  }
  expect(await checkOut({ connect })).toBe(client)
})

test('a pool that somebody has wrapped, and that knows only promises, serves as well', async () => {
  const client = new EventEmitter()
  expect(await checkOut({ connect: async () => client })).toBe(client)
  await expect(checkOut({ connect: () => Promise.reject(new Error('no route')) })).rejects.toThrow('no route')
})

test('a watch that is stopped while it is still connecting stops', async () => {
  let lend: (client: object) => void = () => undefined
  const lending = new Promise<never>((resolve) => {
    lend = resolve as (client: object) => void
  })
  const stop = watchPostgres({ connect: () => lending }, () => undefined)
  const stopped = stop()
  let released: unknown
  const client = Object.assign(new EventEmitter(), {
    query: async () => undefined,
    release: (destroy: unknown) => {
      released = destroy
    },
  })
  lend(client)
  await stopped
  expect(released).toBe(true)
})
