import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { BATCH, bossAt, QUEUE } from './queue.ts'
import type { FromWorker } from './worker.ts'

const EMAILS = 40
/** What has not been sent by then is lost. */
const GIVE_UP_MS = 30_000

/** What was seen of it. */
export interface Account {
  readonly emails: number
  /** Jobs that the first worker had begun at SIGTERM, and in the end. */
  readonly begunAtSigterm: number
  readonly begunInTheEnd: number
  readonly doneInTheEnd: number
  readonly exitCodes: readonly (number | null)[]
  /** By email, the processes that sent it. */
  readonly sent: readonly { readonly number: number; readonly pid: number }[]
  /** Jobs by state, and how often they were tried again. */
  readonly jobs: readonly { readonly state: string; readonly retries: number; readonly count: number }[]
}

/** Two workers send emails; the first is told to end in the middle of its second batch. */
export async function play(url: string): Promise<Account> {
  const place = { url, schema: `example_${randomUUID().slice(0, 8)}` }
  const db = new Pool({ connectionString: url })
  const boss = bossAt(place)
  const crew: Worker[] = []
  try {
    await boss.start()
    await db.query(`create table ${place.schema}.sent (job uuid, number int, pid int)`)
    await boss.createQueue(QUEUE)
    await boss.insert(Array.from({ length: EMAILS }, (_, number) => ({ name: QUEUE, data: { number } })))
    const first = new Worker(place)
    crew.push(first)
    while (first.begun < 2 * BATCH) await pause(5)
    const begunAtSigterm = first.begun
    console.log('SIGTERM for the first worker, in the middle of its second batch')
    first.child.kill('SIGTERM')
    const second = new Worker(place)
    crew.push(second)
    await first.exited
    console.log(`the first worker has ended; it sent ${first.done} emails`)
    const giveUpAtMs = performance.now() + GIVE_UP_MS
    while ((await sentBy(db, place.schema)).length < EMAILS && performance.now() < giveUpAtMs) await pause(50)
    second.child.kill('SIGTERM')
    const exitCodes = [await first.exited, await second.exited]
    const { rows: jobs } = await db.query(
      `select state::text, retry_count as retries, count(*)::int from ${place.schema}.job where name = $1 group by 1, 2`,
      [QUEUE],
    )
    const sent = await sentBy(db, place.schema)
    const [begunInTheEnd, doneInTheEnd] = [first.begun, first.done]
    return { emails: EMAILS, begunAtSigterm, begunInTheEnd, doneInTheEnd, exitCodes, sent, jobs }
  } finally {
    for (const { child } of crew) child.kill('SIGKILL')
    await boss.stop()
    await db.query(`drop schema if exists ${place.schema} cascade`)
    await db.end()
  }
}

class Worker {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  begun = 0
  done = 0

  constructor(place: object) {
    this.child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [JSON.stringify(place)], {
      execArgv: ['--import', 'tsx'],
    })
    this.exited = once(this.child, 'exit').then(([code]) => code as number | null)
    this.child.on('message', (message: FromWorker) => {
      if (message.type === 'begun') this.begun = message.jobs
      else this.done = message.done
    })
  }
}

async function sentBy(db: Pool, schema: string): Promise<Account['sent']> {
  return (await db.query(`select number, pid from ${schema}.sent`)).rows
}
