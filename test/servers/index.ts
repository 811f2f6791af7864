import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describe, inject, type ProvidedContext, test } from 'vitest'
import { INSTALL_POSTGRES, type PostgresFacts } from './postgres.ts'
import { INSTALL_PROMETHEUS } from './prometheus.ts'
import { INSTALL_REDIS, type RedisFacts } from './redis.ts'

export { freePort } from './child.ts'
export { startPostgres } from './postgres.ts'
export { type PrometheusServer, startPrometheus } from './prometheus.ts'
export { startRedis } from './redis.ts'

/** Registers what is to be done in the end: the test context's `onTestFinished`, or `afterAll`. */
export type WhenFinished = (clean: () => Promise<void>) => void

const INSTALL = { postgres: INSTALL_POSTGRES, redis: INSTALL_REDIS, prometheus: INSTALL_PROMETHEUS }

/** A suite that needs a server. Without it the suite is skipped, under a name that says how to get it. */
export function describeWith<Name extends keyof typeof INSTALL>(
  server: Name,
  name: string,
  suite: (facts: NonNullable<ProvidedContext[Name]>) => void,
): void {
  const facts = inject(server)
  if (facts) describe(name, () => suite(facts))
  else describe.skip(`${name} (needs ${server}: ${INSTALL[server]})`, () => test('all of it', () => undefined))
}

/** A pool on the run's PostgreSQL, closed in the end. */
export function postgresPool(whenFinished: WhenFinished, config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...connection(postgresFacts()), ...config })
  // A connection that dies while it is idle is no matter of the test; one in use rejects.
  pool.on('error', () => undefined)
  whenFinished(() => pool.end())
  return pool
}

/** The name of a schema that nobody else uses, dropped in the end with all that is in it. */
export function newSchema(whenFinished: WhenFinished): string {
  const schema = `t_${randomUUID().replaceAll('-', '')}`
  whenFinished(async () => {
    const client = new pg.Client({ ...connection(postgresFacts()), lock_timeout: 5_000 })
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`).finally(() => client.end())
  })
  return schema
}

/** A client of the run's Redis, closed in the end. */
export function redisClient(whenFinished: WhenFinished): Redis {
  const client = new Redis({ host: redisFacts().host, port: redisFacts().port })
  whenFinished(async () => client.disconnect())
  return client
}

/** What `pg` takes to connect. */
export function connection({ host, port, user, database }: PostgresFacts): pg.ClientConfig {
  return { host, port, user, database }
}

function postgresFacts(): PostgresFacts {
  const facts = inject('postgres')
  if (facts === undefined) throw new Error(`PostgreSQL is not here: ${INSTALL_POSTGRES}`)
  return facts
}

function redisFacts(): RedisFacts {
  const facts = inject('redis')
  if (facts === undefined) throw new Error(`Redis is not here: ${INSTALL_REDIS}`)
  return facts
}
