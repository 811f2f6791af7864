import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { auditTrail, callbackSink, fileSink } from 'phasegate/audit'
import { postgresJournal, postgresLock } from 'phasegate/postgres'

// A process that delivers the records of a journal in PostgreSQL, until it is killed or told to end. It says when it has
// delivered something; what its callback has got it appends to a file.

export interface Orders {
  readonly connection: pg.ClientConfig
  readonly schema: string
  /** For the file sink; without one there is the callback alone. */
  readonly folder: string | undefined
  /** Where the callback keeps what it gets: a line of JSON each. */
  readonly kept: string
  readonly batch: number
  readonly leaseTtl: number
}

export type Message = { readonly type: 'delivered' } | { readonly type: 'ended'; readonly failure: string | undefined }

const { connection, schema, folder, kept, batch, leaseTtl }: Orders = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: Message): void => void (process.connected && process.send?.(message))

const pool = new pg.Pool(connection)
// A connection that dies while it is idle is no matter of this process.
pool.on('error', () => undefined)
const files = folder === undefined ? undefined : fileSink(folder, { maxBytes: 50_000 })
const calls = callbackSink((entries) => {
  appendFileSync(kept, entries.map((entry) => `${JSON.stringify({ by: process.pid, ...entry })}\n`).join(''))
})
const trail = auditTrail(postgresJournal(pool, { schema }), {
  name: 'main',
  sinks: files === undefined ? { calls } : { calls, files },
  batch,
  poll: 20,
  leaseTtl,
  lock: postgresLock(pool, { schema }),
})
trail.on('delivered', () => tell({ type: 'delivered' }))
// What fails is tried again; that it is told is the matter of other tests.
trail.on('failed', () => undefined)
trail.start()

/** Another process may have what is left, or have died with it a moment ago. */
async function drained(): Promise<string | undefined> {
  let failure: string | undefined
  for (let tries = 0; tries < 100; tries++) {
    failure = await trail.drain().then(() => undefined, String)
    if (failure === undefined) return undefined
    await pause(100)
  }
  return failure
}

process.on('message', async () => {
  const failure = await drained()
  await trail.close()
  await files?.close()
  await pool.end()
  tell({ type: 'ended', failure })
  process.disconnect()
})
