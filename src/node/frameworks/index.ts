export type { Admits, RawRequest, RawResponse, Refusal } from './admits.ts'
export type { App } from './app.ts'
export {
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  fastifyApp,
  fastifyOnlyIn,
} from './fastify.ts'
export { type HonoContext, honoOnlyIn } from './hono.ts'
export { type NestLike, nestApp } from './nest.ts'
