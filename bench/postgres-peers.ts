import pg from 'pg'
import { startPostgres } from '../test/servers/postgres.ts'
import { race } from './harness.ts'
import type { Library } from './library.ts'
import { callersOf, type Rival } from './orders.ts'
import { byHand } from './orders-by-hand.ts'
import { dbos } from './peers/dbos.ts'
import { graphile } from './peers/graphile.ts'
import { installPeers } from './peers/install.ts'
import { POOL_SIZE, phasegate, SLOW, title } from './postgres.ts'

const CALLERS = [1, 16] as const

/** The same job by others that keep it on PostgreSQL: one server that syncs every commit, a pool of the same size each. */
export async function benchPostgresPeers(library: Library): Promise<void> {
  installPeers()
  const server = await startPostgres({ fsync: true })
  const { host, port, user, database, url } = server
  const pools: pg.Pool[] = []
  const pool = (): pg.Pool => {
    const made = new pg.Pool({ host, port, user, database, max: POOL_SIZE })
    pools.push(made)
    return made
  }
  const rivals: Rival[] = []
  try {
    rivals.push(await byHand(pool()))
    rivals.push(await phasegate(library, pool()))
    rivals.push(await graphile(pool(), Math.max(...CALLERS)))
    rivals.push(await dbos(pool(), url))
    for (const rival of rivals) await rival.verify()
    for (const callers of CALLERS) {
      const contenders = rivals.map(({ name, flip }) => ({ name, sample: callersOf(callers, flip) }))
      await race(title(callers), contenders, SLOW)
    }
  } finally {
    for (const rival of rivals) await rival.close()
    for (const each of pools) await each.end()
    await server.stop()
  }
}
