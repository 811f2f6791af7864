// One PostgreSQL and one Redis for the whole run; a server that is not installed is provided as undefined.
import type { TestProject } from 'vitest/node'
import { hasPostgres, type PostgresFacts, startPostgres } from './postgres.ts'
import { hasRedis, type RedisFacts, startRedis } from './redis.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: PostgresFacts | undefined
    redis: RedisFacts | undefined
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([
    hasPostgres() ? startPostgres({ fsync: false }) : undefined,
    hasRedis() ? startRedis() : undefined,
  ])
  project.provide('postgres', postgres && postgresFacts(postgres))
  project.provide('redis', redis && { host: redis.host, port: redis.port, url: redis.url })
  return async () => {
    await Promise.all([postgres?.stop(), redis?.stop()])
  }
}

function postgresFacts({ host, port, user, database, url }: PostgresFacts): PostgresFacts {
  return { host, port, user, database, url }
}
