import { deepEqual } from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Pool } from 'pg'
import { done, type Rival, SHIP } from '../orders.ts'
import { peer, VERSIONS } from './install.ts'

interface Job {
  readonly attempts: number
  readonly payload: Payload
}

interface Payload {
  readonly order: string
  readonly key: string
}

type Task = (payload: Payload, helpers: { readonly job: Job }) => Promise<void>

interface GraphileWorker {
  readonly Logger: new (factory: () => () => void) => object
  run(options: object): Promise<{
    addJob(task: string, payload: Payload, spec: { readonly jobKey: string }): Promise<unknown>
    stop(): Promise<void>
  }>
}

const TABLE = `create table if not exists checkpoint (
  id text not null, key text not null, step text not null, output text not null, primary key (id, key, step))`
const CHECKPOINT = {
  name: 'checkpoint',
  text: 'insert into checkpoint (id, key, step, output) values ($1, $2, $3, $4) on conflict do nothing',
}
const REACHED = { name: 'reached', text: 'select step from checkpoint where id = $1 and key = $2' }

/** A job a flip: its task stores a checkpoint after each of three steps, and its caller waits until the job is complete. */
export async function graphile(pool: Pool, workers: number): Promise<Rival> {
  const { Logger, run } = await peer<GraphileWorker>('graphile-worker')
  await pool.query(TABLE)
  const waiting = new Map<string, (error: unknown) => void>()
  const events = new EventEmitter()
  events.on('job:complete', ({ job, error }: { readonly job: Job; readonly error: unknown }) => {
    waiting.get(nameOf(job.payload))?.(error)
  })
  const runner = await run({
    pgPool: pool,
    concurrency: workers,
    noHandleSignals: true,
    // Its own would print a line a job.
    logger: new Logger(() => () => undefined),
    events,
    taskList: { ship: shipOn(pool) },
  })
  const flip = async (order: string, turn: number): Promise<void> => {
    const payload = { order, key: `key-${turn}` }
    const name = nameOf(payload)
    const completed = new Promise<void>((resolve, reject) => {
      waiting.set(name, (error) => (error === null || error === undefined ? resolve() : reject(error)))
    })
    await runner.addJob('ship', payload, { jobKey: name })
    await completed
    waiting.delete(name)
  }
  return {
    name: `graphile-worker ${VERSIONS['graphile-worker']}, a job`,
    flip,
    verify: async () => {
      await flip('order-checked', 1)
      const { rows } = await pool.query("select step, output from checkpoint where id = 'order-checked' order by ctid")
      deepEqual(
        rows,
        SHIP.map((step) => ({ step, output: '{"done":true}' })),
      )
      const left = await pool.query('select count(*)::int as jobs from graphile_worker.jobs')
      deepEqual(left.rows, [{ jobs: 0 }], 'a job that is complete is gone')
    },
    close: () => runner.stop(),
  }
}

function shipOn(pool: Pool): Task {
  return async ({ order, key }, { job }) => {
    const reached = job.attempts > 1 ? await pool.query({ ...REACHED, values: [order, key] }) : undefined
    for (const step of SHIP) {
      if (reached?.rows.some((row) => row.step === step)) continue
      await pool.query({ ...CHECKPOINT, values: [order, key, step, JSON.stringify(await done())] })
    }
  }
}

function nameOf({ order, key }: Payload): string {
  return `${order}/${key}`
}
