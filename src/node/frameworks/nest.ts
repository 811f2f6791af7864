import type { AnyServer } from '../traffic/index.ts'
import type { App } from './app.ts'

/** What is used of a Nest application. */
export interface NestLike {
  getHttpServer(): AnyServer
  getHttpAdapter(): { getInstance(): unknown }
  init(): Promise<unknown>
  close(): Promise<unknown>
}

/**
 * A Nest application as the server of a service: it is initialised before it listens, and `onModuleDestroy`,
 * `beforeApplicationShutdown` and `onApplicationShutdown` run after the last response and before the dependencies stop. The
 * service listens in place of `app.listen()`. Without `enableShutdownHooks()`: it would run them at the signal, and close
 * the listener at once.
 *
 * @example
 * service({ server: nestApp(await NestFactory.create(AppModule)), listen: { port: 8080 } })
 */
export function nestApp(app: NestLike): App {
  return { server: app.getHttpServer(), open: () => opened(app), close: () => app.close() }
}

/** Where Nest stands on Fastify, `listen()` would have made that ready, too: until then there are no routes. */
async function opened(app: NestLike): Promise<void> {
  await app.init()
  const instance = app.getHttpAdapter().getInstance()
  if (isObject(instance) && 'ready' in instance && typeof instance.ready === 'function') await instance.ready()
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}
