// A server in a process of its own: bare, or with the door to `service()` given, under a service.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** About 10 kB as JSON. */
const ORDERS = Array.from({ length: 80 }, (_, id) => ({
  id,
  name: `order ${id}`,
  price: id * 1.25,
  tags: ['new', 'paid', 'express'],
  address: { street: `Street ${id}`, city: 'Somewhere', zip: `${10_000 + id}` },
}))

const HANDLERS: { readonly [name: string]: RequestListener } = {
  empty: (_, response) => void response.end(),
  json: (_, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(ORDERS))
  },
}

const [, , name = '', door] = process.argv
// The clients of the others wait while one has its turn.
const server = createServer({ keepAliveTimeout: 600_000 }, HANDLERS[name])
if (door === undefined) {
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
} else {
  const { service }: typeof import('phasegate/node') = await import(door)
  await service({ server, listen: { port: 0, host: '127.0.0.1' }, signals: [] }).ready
}
process.once('disconnect', () => process.exit())
process.on('message', () => process.send?.(process.cpuUsage()))
process.send?.((server.address() as AddressInfo).port)
