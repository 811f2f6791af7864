import Fastify from 'fastify'
import { fastifyApp, fastifyOnlyIn } from '../../../src/node/index.ts'
import { frameworkSuite } from './suite.ts'

frameworkSuite(
  'Fastify',
  async (told) => {
    const fastify = Fastify()
    fastify.addHook('preClose', async () => told('preClose'))
    fastify.addHook('onClose', async () => told('onClose'))
    return {
      server: fastifyApp(fastify),
      route: (api, work) => {
        fastify.get('/slow', async () => {
          await work()
          return 'done'
        })
        fastify.post('/orders', { onRequest: fastifyOnlyIn(api, ['active']) }, async () => {
          await work()
          return 'done'
        })
      },
    }
  },
  { hooks: ['preClose', 'onClose'] },
)
