import pg from 'pg'
import { startPostgres } from '../test/servers/postgres.ts'
import { race, timedAsync } from './harness.ts'
import type { Library } from './library.ts'

const SLOW = { rounds: 15, sampleMs: 400, ratioOf: 'throughput' } as const

/** A flip of three steps under a key, and the same by hand, on one PostgreSQL that syncs every commit. */
export async function benchPostgres(library: Library): Promise<void> {
  const server = await startPostgres({ fsync: true })
  const { host, port, user, database } = server
  const pool = new pg.Pool({ host, port, user, database, max: 20 })
  try {
    await library.migrate(pool)
    const byHand = new ByHand(pool)
    await byHand.prepare()
    for (const callers of [1, 16]) await benchFlips(library, pool, byHand, callers)
  } finally {
    await pool.end()
    await server.stop()
  }
}

async function benchFlips(library: Library, pool: pg.Pool, byHand: ByHand, callers: number): Promise<void> {
  const journal = library.postgresJournal(pool)
  const gate = library.createGate(orders(library), { journal })
  const turns = Array.from({ length: callers }, () => 0)
  const flip = async (caller: number): Promise<void> => {
    const turn = (turns[caller] = (turns[caller] ?? 0) + 1)
    await gate
      .subject(`order-${callers}-${caller}`)
      .flip(turn % 2 === 1 ? 'ship' : 'return', undefined, { key: `key-${turn}` })
  }
  const hand = Array.from({ length: callers }, (_, caller) => byHand.subject(`order-${callers}-${caller}`))
  await race(
    `Three steps under an idempotency key, ${callers} caller${callers > 1 ? 's' : ''} (a ratio of throughputs)`,
    [
      {
        name: 'by hand, one statement an append',
        sample: timedAsync((times) => share(callers, times, (caller) => hand[caller]?.flip())),
      },
      {
        name: 'a flip',
        aim: callers === 1 ? '≥ 0.9×' : '≥ 2.5×',
        sample: timedAsync((times) => share(callers, times, flip)),
      },
    ],
    SLOW,
  )
  await gate.close()
}

/** Does it `times` times for all callers together: each takes the next as soon as its last is done. */
async function share(
  callers: number,
  times: number,
  work: (caller: number) => Promise<void> | undefined,
): Promise<void> {
  let left = times
  const call = async (caller: number): Promise<void> => {
    while (left-- > 0) await work(caller)
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
}

/** What `step` does in both. */
const work = async (): Promise<{ readonly done: true }> => ({ done: true })

function orders({ chart }: Library) {
  return chart('order', { version: 1 })
    .phase('open', { initial: true })
    .phase('shipped')
    .flip('ship', (f) =>
      f
        .from('open')
        .to('shipped')
        .step('reserve', { run: work })
        .step('charge', { run: work })
        .step('send', { run: work }),
    )
    .flip('return', (f) =>
      f
        .from('shipped')
        .to('open')
        .step('receive', { run: work })
        .step('refund', { run: work })
        .step('shelve', { run: work }),
    )
    .build()
}

const TABLES = `
create schema hand;
create table hand.head (id text primary key, version bigint not null, epoch bigint not null, phase text not null) with (fillfactor = 80);
create table hand.record (id text not null, n bigint not null, op text not null, key text, payload text not null, primary key (id, n));
create unique index on hand.record (id, op);
create unique index on hand.record (id, key) where key is not null;
`

const APPEND = {
  name: 'hand_append',
  text: `with h as (
  update hand.head set version = version + 1, epoch = $4, phase = $5 where id = $1 and version = $2 and epoch = $3 returning version
) insert into hand.record (id, n, op, key, payload) select $1, h.version, $6, $7, $8 from h returning n`,
}

/** An append-only journal as one would write it: one statement an append, version and epoch checked, nothing sealed. */
class ByHand {
  readonly #pool: pg.Pool
  #ops = 0

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async prepare(): Promise<void> {
    await this.#pool.query(TABLES)
  }

  subject(id: string): { flip(): Promise<void> } {
    let head = { version: 0, epoch: 0 }
    let isNew = true
    const append = async (epoch: number, phase: string, key: string | null, payload: object): Promise<void> => {
      const values = [id, head.version, head.epoch, epoch, phase, `op-${this.#ops++}`, key, JSON.stringify(payload)]
      const { rowCount } = await this.#pool.query({ ...APPEND, values })
      if (rowCount !== 1) throw new Error('somebody else was faster')
      head = { version: head.version + 1, epoch }
    }
    return {
      flip: async () => {
        if (isNew) await this.#pool.query('insert into hand.head values ($1, 0, 0, $2)', [id, 'open'])
        isNew = false
        const epoch = head.epoch + 1
        await append(epoch, 'open', `key-${epoch}`, { kind: 'requested', flip: 'ship', at: Date.now() })
        await append(epoch, 'open', null, { kind: 'stepped', step: 'reserve', output: await work() })
        await append(epoch, 'open', null, { kind: 'stepped', step: 'charge', output: await work() })
        await append(epoch, 'shipped', null, { kind: 'stepped', step: 'send', output: await work(), then: 'committed' })
      },
    }
  }
}
