import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { honoOnlyIn } from '../../../src/node/index.ts'
import { frameworkSuite } from './suite.ts'

frameworkSuite(
  'Hono',
  async () => {
    const app = new Hono()
    return {
      server: createAdaptorServer({ fetch: app.fetch }),
      route: (api, work) => {
        app.get('/slow', async (context) => {
          await work()
          return context.text('done')
        })
        app.post('/orders', honoOnlyIn(api, ['active']), async (context) => {
          await work()
          return context.text('done')
        })
      },
    }
  },
  { hooks: [] },
)

test('a request that did not come by Node is no request of the service', async () => {
  const app = new Hono()
  const never = { admits: () => false, refusal: () => undefined }
  app.use(honoOnlyIn(never, ['active'] as never))
  app.onError((error) => new Response(error.message))
  expect(await (await app.request('/')).text()).toMatch(/env\.incoming .* must be a request of Node/)
})
