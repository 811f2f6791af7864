import Fastify, { LogController } from 'fastify'
import { logTo } from 'phasegate/logs'
import { fastifyApp, fastifyOnlyIn, service } from 'phasegate/node'
import { pino } from 'pino'
import { configFrom } from '../orders/config.ts'
import { storeAt } from '../orders/store.ts'

const config = configFrom(process.env)
const log = pino({ name: 'orders', level: config.logLevel })
const store = storeAt(config.databaseUrl, (error) => log.error(error, 'a connection to the database broke'))
const fastify = Fastify({
  loggerInstance: log,
  // What is asked is for a proxy to log.
  logController: new LogController({ disableRequestLogging: true }),
})

const api = service({
  name: 'orders',
  server: fastifyApp(fastify),
  listen: { port: config.port, host: '::' },
  health: { listen: { port: config.healthPort } },
  dependencies: { database: { start: () => store.open(), stop: () => store.close() } },
  modes: { 'read-only': {} },
  grace: config.graceMs,
  uncaughtException: 'drain',
  unhandledRejection: 'drain',
  log: (line) => log.info(line),
})
logTo(api.gate, log)

const placing = {
  // Orders are placed in `active` only; `read-only` is not entered before those in progress have been answered.
  onRequest: fastifyOnlyIn(api, ['active']),
  schema: { body: { type: 'object', required: ['item'], properties: { item: { type: 'string' } } } },
}
fastify.get('/orders', () => store.latest())
fastify.get('/report', () => store.report())
fastify.post<{ Body: { readonly item: string } }>('/orders', placing, async ({ body }, reply) => {
  reply.code(201)
  return store.add(body.item)
})
fastify.addHook('onClose', async () => log.info('fastify closes: every request has been answered'))

// `kill -HUP` turns it read-only, and back.
process.on('SIGHUP', async () => {
  const flip = api.health().phase === 'active' ? 'enter read-only' : 'resume'
  const { error } = await api.subject.safeFlip(flip, { reason: 'SIGHUP' }, { actor: { id: 'operator' } })
  if (error !== undefined) log.error(error, `could not ${flip}`)
})

await api.ready
log.info({ port: config.port, health: config.healthPort }, 'serving')
