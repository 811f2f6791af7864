import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { consumer, service } from 'phasegate/node'
import { bossAt, Fetching, type Job, type Place } from './queue.ts'

// Sends emails until it is told to end. Told by its parent where the queue is; tells its parent what it does.

export type FromWorker =
  | { readonly type: 'begun'; readonly jobs: number }
  | { readonly type: 'drained'; readonly code: number; readonly done: number }

process.once('disconnect', () => process.exit(1))
process.channel?.unref()
const tell = (message: FromWorker): void => void process.send?.(message)

const place = JSON.parse(process.argv[2] ?? '{}') as Place
const boss = bossAt(place)
const pool = new Pool({ connectionString: place.url })
pool.on('error', (error) => console.error(error.message))
let fetching: Fetching | undefined
let [begun, done] = [0, 0]

const worker = service({
  name: 'mailer',
  // Nothing but probes is answered here.
  server: createServer((_request, response) => response.writeHead(404).end()),
  listen: { port: Number(process.env.HEALTH_PORT ?? 0), host: '127.0.0.1' },
  dependencies: {
    database: { start: () => pool.query('select 1'), stop: () => pool.end() },
    queue: { start: () => boss.start(), stop: () => boss.stop() },
    emails: consumer({
      after: ['database', 'queue'],
      start: () => {
        fetching = new Fetching(boss, send)
      },
      pause: () => fetching?.pause(),
      drain: () => fetching?.ended(),
    }),
  },
  lameDuck: { min: 0, quiet: 0 },
  log: (line) => console.error(line),
})

/** What must be done once: a line for each email, written when it has gone. */
async function send({ id, data: { number } }: Job): Promise<void> {
  begun += 1
  tell({ type: 'begun', jobs: begun })
  await pause(150 + (number % 5) * 50)
  await pool.query(`insert into ${place.schema}.sent (job, number, pid) values ($1, $2, $3)`, [id, number, process.pid])
  done += 1
}

const { code } = await worker.stopped
tell({ type: 'drained', code, done })
