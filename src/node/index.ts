export { type Consumer, consumer, type Dependency, type DependencyContext, type Failure } from './dependencies/index.ts'
export {
  type Admits,
  type App,
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  fastifyApp,
  fastifyOnlyIn,
  type HonoContext,
  honoOnlyIn,
  type NestLike,
  nestApp,
  type RawRequest,
  type RawResponse,
  type Refusal,
} from './frameworks/index.ts'
export type { Health, HealthOptions } from './health/index.ts'
export type { Lifecycle, LifecycleDeps, LifecycleFlips, LifecyclePhase, Reason } from './lifecycle.ts'
export type { ModeOptions } from './modes.ts'
export type { LameDuckOptions, ServerOptions, ServiceOptions } from './options.ts'
export type { CrashPolicy, EndSignal } from './platform/index.ts'
export { type Service, type Serving, service } from './service.ts'
export type { DrainPart, Summary } from './summary.ts'
export type {
  AnyServer,
  Incoming,
  Pending,
  Returnable,
  WebSocketLike,
  WebSocketOptions,
  WebSocketServerLike,
} from './traffic/index.ts'
export type { Waiting } from './waiting.ts'
