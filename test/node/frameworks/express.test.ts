import { createServer } from 'node:http'
import express from 'express'
import { frameworkSuite } from './suite.ts'

frameworkSuite(
  'Express',
  async () => {
    const app = express()
    return {
      server: createServer(app),
      route: (api, work) => {
        app.get('/slow', async (_request, response) => {
          await work()
          response.send('done')
        })
        app.use('/orders', (request, response, next) => {
          if (api.admits(request, response, ['active'])) next()
        })
        app.post('/orders', async (_request, response) => {
          await work()
          response.send('done')
        })
      },
    }
  },
  { hooks: [] },
)
