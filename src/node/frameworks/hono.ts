import { refuse } from '../../base/index.ts'
import type { Admits, RawRequest } from './admits.ts'

/** What is used of Hono's context: what `@hono/node-server` puts into `env`. */
export interface HonoContext {
  readonly env: unknown
}

/**
 * Middleware for Hono on Node: the route is served in these phases only. The refusal is a `Response` like any other, so
 * that middleware around it, CORS say, sees it.
 *
 * @throws OPTION_INVALID for a request that did not come by `@hono/node-server`
 * @example
 * app.post('/orders', honoOnlyIn(api, ['active']), placeOrder)
 */
export function honoOnlyIn<Phase extends string>(
  service: Admits<Phase>,
  phases: readonly [NoInfer<Phase>, ...NoInfer<Phase>[]],
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined> {
  return async ({ env }, next) => {
    const refusal = service.refusal(incomingOf(env), phases)
    if (refusal !== undefined) return new Response(null, refusal)
    await next()
    return undefined
  }
}

function incomingOf(env: unknown): RawRequest {
  if (typeof env === 'object' && env !== null && 'incoming' in env) return env.incoming as RawRequest
  return refuse('env.incoming', env, "a request of Node, as @hono/node-server's fetch gives it")
}
