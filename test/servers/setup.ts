// One PostgreSQL and one Redis for the whole run, and where Prometheus is, which each suite starts for itself; what is not
// installed is provided as undefined.
import type { TestProject } from 'vitest/node'
import { hasPostgres, type PostgresFacts, startPostgres } from './postgres.ts'
import { findPrometheus, type PrometheusFacts } from './prometheus.ts'
import { hasRedis, type RedisFacts, startRedis } from './redis.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: PostgresFacts | undefined
    redis: RedisFacts | undefined
    prometheus: PrometheusFacts | undefined
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([
    hasPostgres() ? startPostgres({ fsync: false }) : undefined,
    hasRedis() ? startRedis() : undefined,
  ])
  project.provide('postgres', postgres && postgresFacts(postgres))
  project.provide('redis', redis && { host: redis.host, port: redis.port, url: redis.url })
  project.provide('prometheus', findPrometheus())
  return async () => {
    await Promise.all([postgres?.stop(), redis?.stop()])
  }
}

function postgresFacts({ host, port, user, database, url }: PostgresFacts): PostgresFacts {
  return { host, port, user, database, url }
}
