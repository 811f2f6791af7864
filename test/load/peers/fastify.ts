import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fastify as create, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Address, addressOf, DELAY_MS, echoing } from '../service/stage.ts'
import { type Job, jobOf, receiptOf } from '../service/workload.ts'
import type { Protocol } from '../traffic/index.ts'

/** The workload as routes of Fastify, ended by its own `close()`. */
export async function fastify(protocol: Protocol, how: 'as it comes' | 'tuned'): Promise<Address> {
  let isReady = true
  const options = how === 'tuned' ? { return503OnClosing: false } : {}
  // Which protocol it speaks makes another type of it; its routes are the same.
  const app: FastifyInstance =
    protocol === 'h2c' ? (create({ ...options, http2: true }) as unknown as FastifyInstance) : create(options)
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.all('/*', (request, reply) => serve(request, reply, () => isReady))
  if (protocol === 'web-sockets') echoing(app.server)
  process.once('SIGTERM', async () => {
    isReady = how === 'as it comes'
    if (how === 'tuned') await pause(DELAY_MS)
    await app.close()
  })
  const listening: Promise<string> = app.listen({ port: 0, host: '127.0.0.1' })
  await listening
  return addressOf((app.server.address() as AddressInfo).port)
}

async function serve(request: FastifyRequest, reply: FastifyReply, isReady: () => boolean): Promise<unknown> {
  const job = jobOf(request.url)
  switch (job.type) {
    case 'answer':
      if (job.afterMs > 0) await pause(job.afterMs)
      return job.body
    case 'stream':
      return reply.send(Readable.from(slowly(job)))
    case 'upload':
      return receiptOf(request.url, request.body as Buffer)
    case 'readiness':
      return reply.code(isReady() ? 200 : 503).send('')
    case 'unknown':
      return reply.code(404).send('')
  }
}

async function* slowly({ pieces, everyMs }: Extract<Job, { type: 'stream' }>): AsyncGenerator<string> {
  for (const piece of pieces) {
    await pause(everyMs)
    yield piece
  }
}
