import { setTimeout as pause } from 'node:timers/promises'
import PgBoss from 'pg-boss'

export const QUEUE = 'email'
export const BATCH = 4
const IDLE_MS = 100

export interface Email {
  readonly number: number
}

export type Job = PgBoss.Job<Email>

/** Where the queue is. */
export interface Place {
  readonly url: string
  readonly schema: string
}

export function bossAt({ url, schema }: Place): PgBoss {
  const boss = new PgBoss({ connectionString: url, schema, schedule: false, application_name: 'drain-consumer' })
  boss.on('error', (error) => console.error(error.message))
  return boss
}

/**
 * Fetches jobs, a batch after the other, and does them. The loop is ours: `boss.stop()` does not wait for a fetch that is on
 * its way, nor for the completion of the last job, so that either might be done once more.
 */
export class Fetching {
  readonly #boss: PgBoss
  readonly #work: (job: Job) => Promise<void>
  readonly #paused = new AbortController()
  readonly #ended: Promise<void>

  constructor(boss: PgBoss, work: (job: Job) => Promise<void>) {
    this.#boss = boss
    this.#work = work
    this.#ended = this.#go()
  }

  /** No further fetch is begun. */
  pause(): void {
    this.#paused.abort()
  }

  /** Resolves when everything that was fetched is done, and the queue knows. */
  ended(): Promise<void> {
    return this.#ended
  }

  async #go(): Promise<void> {
    const { signal } = this.#paused
    while (!signal.aborted) {
      const jobs = await this.#boss.fetch<Email>(QUEUE, { batchSize: BATCH })
      await Promise.all(jobs.map((job) => this.#do(job)))
      if (jobs.length === 0) await pause(IDLE_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #do(job: Job): Promise<void> {
    try {
      await this.#work(job)
    } catch (error) {
      // It is retried, by whomever.
      return this.#boss.fail(QUEUE, job.id, { message: String(error) })
    }
    await this.#boss.complete(QUEUE, job.id)
  }
}
