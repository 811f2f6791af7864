import { createServer } from 'node:http'
import { setTimeout as after } from 'node:timers/promises'
import { fileJournal } from 'phasegate/file'
import { service } from 'phasegate/node'
import type { FromService } from './messages.ts'

// An HTTP service as a process of its own: quick answers, slow reports, streams. All that it does about its end is
// `service({ server })`; what happens is told to the demo, which prints it.

const [name = 'api', folder = ''] = process.argv.slice(2)
// Nobody to work for.
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
const tell = (message: FromService): void => void process.send?.(message)
const between = (fromMs: number, toMs: number): number => fromMs + Math.random() * (toMs - fromMs)

const server = createServer(async (request, response) => {
  response.setHeader('X-Served-By', name)
  if (request.url === '/report') {
    await after(between(50, 300))
    response.end('a report, end\n')
  } else if (request.url === '/stream') {
    for (let part = 1; part <= 5; part++) {
      response.write(`part ${part}\n`)
      await after(between(20, 60))
    }
    response.end('end\n')
  } else {
    await after(between(1, 12))
    response.end('an item, end\n')
  }
})

const journal = fileJournal(folder)
const running = service({ server, name, journal, listen: { port: 0, host: '127.0.0.1' }, log: () => {} })
running.gate.on('flip.stepped', ({ flip, step, output }) => tell({ type: 'step', flip, step, ms: Number(output) }))
running.gate.on('flip.committed', ({ flip, from, to }) => {
  tell({ type: 'flip', flip, from, to, inFlight: running.health().inFlight })
})
const pulse = setInterval(() => tell({ type: 'pulse', inFlight: running.health().inFlight }), 100)

await running.ready
const address = server.address()
tell({ type: 'listening', port: typeof address === 'object' && address !== null ? address.port : 0 })

const summary = await running.stopped
clearInterval(pulse)
await journal.close()
tell({
  type: 'stopped',
  answered: summary.answered,
  idleClosed: summary.idleClosed,
  cut: summary.cut.length,
  ms: summary.ms.total,
})
