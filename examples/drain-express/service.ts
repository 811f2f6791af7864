import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import express, { type RequestHandler } from 'express'
import { logTo } from 'phasegate/logs'
import { service } from 'phasegate/node'
import { pino } from 'pino'
import { configFrom, portOf } from '../orders/config.ts'
import { type Order, storeAt } from '../orders/store.ts'

const config = configFrom(process.env)
const log = pino({ name: 'orders', level: config.logLevel })
const store = storeAt(config.databaseUrl, (error) => log.error(error, 'a connection to the database broke'))
const [app, operator] = [express(), express()]

const api = service({
  name: 'orders',
  servers: {
    public: { server: createServer(app), listen: { port: config.port } },
    // For who is on the machine, or in the pod.
    operator: {
      server: createServer(operator),
      listen: { port: portOf(process.env, 'OPERATOR_PORT', 9091), host: '127.0.0.1' },
    },
  },
  health: { listen: { port: config.healthPort } },
  dependencies: { database: { start: () => store.open(), stop: () => store.close() } },
  modes: { 'read-only': {} },
  grace: config.graceMs,
  uncaughtException: 'drain',
  unhandledRejection: 'drain',
  log: (line) => log.info(line),
})
logTo(api.gate, log)

/** Orders are placed in `active` only; `read-only` is not entered before those in progress have been answered. */
const writes: RequestHandler = (request, response, next) => {
  if (api.admits(request, response, ['active'])) next()
}

app.get('/orders', async (_request, response) => void response.json(await store.latest()))
app.get('/report', async (_request, response) => void response.json(await store.report()))
app.post('/orders', writes, express.json(), async (request, response) => {
  const order = await store.add(String(request.body?.item))
  void confirm(order)
  response.status(201).json(order)
})

operator.post('/read-only', async (_request, response) => {
  await api.subject.flip('enter read-only', { reason: 'asked for by the operator' }, { actor: { id: 'operator' } })
  response.json(api.health())
})
operator.post('/resume', async (_request, response) => {
  await api.subject.flip('resume', { reason: 'asked for by the operator' }, { actor: { id: 'operator' } })
  response.json(api.health())
})

/** Work that outlives its request. The drain waits for it, by its name. */
async function confirm({ id, item }: Order): Promise<void> {
  const hold = api.hold(`confirmation of ${id}`)
  // Stands for a mail.
  await pause(100)
  log.debug({ id }, `${item} is on its way`)
  hold.done()
}

await api.ready
log.info({ port: config.port, health: config.healthPort }, 'serving')
