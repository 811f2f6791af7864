import { createServer } from 'node:http'
import Koa from 'koa'
import { frameworkSuite } from './suite.ts'

frameworkSuite(
  'Koa',
  async () => {
    const app = new Koa()
    const server = createServer()
    return {
      server,
      route: (api, work) => {
        app.use(async ({ method, req, res }, next) => {
          if (method === 'GET' || api.admits(req, res, ['active'])) await next()
        })
        app.use(async (context) => {
          await work()
          context.body = 'done'
        })
        // Composes what is there by now: later middleware would not be seen.
        server.on('request', app.callback())
      },
    }
  },
  { hooks: [] },
)
