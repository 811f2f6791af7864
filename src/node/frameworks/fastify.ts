import type { AnyServer } from '../traffic/index.ts'
import type { Admits, RawRequest } from './admits.ts'
import type { App } from './app.ts'

/** What is used of a Fastify instance. */
export interface FastifyLike {
  readonly server: AnyServer
  ready(): PromiseLike<unknown>
  close(): PromiseLike<unknown>
}

/** What is used of Fastify's request and reply. */
export interface FastifyRequestLike {
  readonly raw: RawRequest
}
export interface FastifyReplyLike {
  code(status: number): unknown
  headers(values: Readonly<Record<string, string>>): unknown
  send(): unknown
}

/**
 * Fastify as the server of a service: `onReady` hooks run before it listens, `preClose` and `onClose` hooks after the last
 * response and before the dependencies stop. The service listens and closes in place of `listen()` and `close()`, which
 * would answer 503 or wait for idle connections: `onListen` hooks do not run.
 *
 * @example
 * service({ server: fastifyApp(fastify), listen: { port: 8080 } })
 */
export function fastifyApp(fastify: FastifyLike): App {
  return { server: fastify.server, open: () => fastify.ready(), close: () => fastify.close() }
}

/**
 * An `onRequest` hook for Fastify: the route is served in these phases only. The refusal is a reply like any other, so that
 * hooks around it, CORS say, see it.
 *
 * @example
 * fastify.post('/orders', { onRequest: fastifyOnlyIn(api, ['active']) }, placeOrder)
 */
export function fastifyOnlyIn<Phase extends string>(
  service: Admits<Phase>,
  phases: readonly [NoInfer<Phase>, ...NoInfer<Phase>[]],
): (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void {
  return (request, reply, done) => {
    const refusal = service.refusal(request.raw, phases)
    if (refusal === undefined) return done()
    reply.code(refusal.status)
    reply.headers(refusal.headers)
    reply.send()
  }
}
