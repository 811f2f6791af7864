import { deepEqual, equal } from 'node:assert/strict'
import pg from 'pg'
import { startPostgres } from '../test/servers/postgres.ts'
import { race } from './harness.ts'
import type { Library } from './library.ts'
import { callersOf, orders, type Rival } from './orders.ts'
import { byHand, bytesPerAppend } from './orders-by-hand.ts'

export const SLOW = { rounds: 15, sampleMs: 400, ratioOf: 'throughput' } as const
/** Connections for each. */
export const POOL_SIZE = 20

/** A flip of three steps under a key, and the same by hand, on one PostgreSQL that syncs every commit. */
export async function benchPostgres(library: Library): Promise<void> {
  const server = await startPostgres({ fsync: true })
  const { host, port, user, database } = server
  const pool = new pg.Pool({ host, port, user, database, max: POOL_SIZE })
  const rivals = [await byHand(pool), await ballasted(library, pool), await phasegate(library, pool)] as const
  try {
    for (const rival of rivals) await rival.verify()
    const [hand, heavy, flip] = rivals
    for (const [callers, aim] of [
      [1, '≥ 0.9×'],
      [16, '≥ 2.5×'],
    ] as const) {
      const contenders = [
        { name: hand.name, sample: callersOf(callers, hand.flip) },
        { name: heavy.name, sample: callersOf(callers, heavy.flip) },
        { name: flip.name, aim, sample: callersOf(callers, flip.flip) },
      ]
      await race(title(callers), contenders, SLOW)
    }
  } finally {
    for (const rival of rivals) await rival.close()
    await pool.end()
    await server.stop()
  }
}

/** By hand, with as many bytes as a flip stores: without what they are worth, and without what it costs to make them. */
async function ballasted(library: Library, pool: pg.Pool): Promise<Rival> {
  const once = (rival: Rival): Promise<void> => rival.flip('order-measured', 1)
  const lean = await bytesPerAppend(pool, async (counted) => {
    await once(await byHand(counted, { schema: 'lean', name: 'lean', ballast: 0 }))
  })
  const full = await bytesPerAppend(pool, async (counted) => once(await phasegate(library, counted)))
  const ballast = 2 * Math.round((full - lean) / 2)
  return byHand(pool, { schema: 'heavy', name: `by hand, ${Math.round(full)} bytes an append as a flip has`, ballast })
}

export function title(callers: number): string {
  const many = callers > 1 ? 's' : ''
  return `Three steps under an idempotency key, ${callers} caller${many} (a ratio of throughputs)`
}

/** The library, as it is used. */
export async function phasegate(library: Library, pool: pg.Pool): Promise<Rival> {
  await library.migrate(pool)
  const journal = library.postgresJournal(pool)
  const gate = library.createGate(orders(library), { journal })
  const flip = async (order: string, turn: number): Promise<void> => {
    await gate.subject(order).flip(turn % 2 === 1 ? 'ship' : 'return', undefined, { key: `key-${turn}` })
  }
  return {
    name: 'a flip',
    flip,
    verify: async () => {
      await flip('order-checked', 1)
      const kinds = []
      for await (const { header } of journal.history({ chart: 'order', id: 'order-checked' }))
        kinds.push(JSON.parse(header).kind)
      deepEqual(kinds, ['requested', 'stepped', 'stepped', 'stepped', 'committed'])
      equal(await gate.subject('order-checked').phase(), 'shipped')
      const again = await gate.subject('order-checked').flip('ship', undefined, { key: 'key-1' })
      equal(again.replayed, true)
    },
    close: async () => {
      await gate.close()
    },
  }
}
