import 'reflect-metadata'
import { type MiddlewareConsumer, Module, RequestMethod } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { nestApp, type RawRequest, type RawResponse, service } from '../../../src/node/index.ts'
import { QUICK } from '../harness.ts'
import { type Application, frameworkSuite } from './suite.ts'

type Route = Parameters<Application['route']>

frameworkSuite(
  'NestJS',
  async (told) => {
    let route: Route | undefined
    class Orders {
      configure(consumer: MiddlewareConsumer): void {
        if (route === undefined) throw new Error('initialised before the service was there')
        const [api, work] = route
        const orders = { path: 'orders', method: RequestMethod.POST }
        consumer
          .apply((request: RawRequest, response: RawResponse, next: () => void) => {
            if (api.admits(request, response, ['active'])) next()
          })
          .forRoutes(orders)
        consumer
          .apply(async (_: unknown, response: { end(text: string): void }) => {
            await work()
            response.end('done')
          })
          .forRoutes('*all')
      }
      onModuleDestroy(): void {
        told('onModuleDestroy')
      }
      beforeApplicationShutdown(): void {
        told('beforeApplicationShutdown')
      }
      onApplicationShutdown(): void {
        told('onApplicationShutdown')
      }
    }
    Module({})(Orders)
    const app = await NestFactory.create(Orders, { logger: false })
    return {
      server: nestApp(app),
      route: (...given) => {
        route = given
      },
    }
  },
  { hooks: ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] },
)

test('a Nest application that stands on Fastify is ready before it listens', async () => {
  const fastify = Fastify()
  const onFastify = {
    getHttpServer: () => fastify.server,
    getHttpAdapter: () => ({ getInstance: () => fastify }),
    // Registers its routes, and leaves it to listen() to make them ready.
    init: async () => void fastify.get('/', async () => 'served'),
    close: () => fastify.close(),
  }
  const api = service({ ...QUICK, server: nestApp(onFastify), log: () => {} })
  onTestFinished(async () => void (await api.drain('the test has finished')))
  await api.ready
  const { port } = fastify.server.address() as { port: number }
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('served')
})
