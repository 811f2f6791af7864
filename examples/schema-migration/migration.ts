import type { Pool, PoolClient } from 'pg'
import { chart, deny } from 'phasegate'
import { writersBehind } from './register.ts'

/** What the migration works with. */
export interface Site {
  readonly db: Pool
  /** Called in the middle of each chunk: its rows are written, and nothing of it is committed. */
  readonly halfway: (chunk: number) => Promise<void>
}

export interface Comparison {
  readonly rows: number
  /** In how many of them old and new do not say the same. */
  readonly differing: number
}

/** How many transactions the backfill is. As many as the table needs, and the same to the end of a migration. */
export const CHUNKS = 12

/** Where old and new do not say the same. */
const DIFFER = `name is distinct from given_name || ' ' || family_name`

/** `customer.name` becomes `given_name` and `family_name`, while everybody goes on reading and writing. */
export const migration = chart('customer-name', { version: 1 })
  .deps<Site>()
  .transaction<PoolClient>()
  .phase('old', { initial: true })
  .phase('dual')
  .phase('filled')
  .phase('switched')
  .phase('new')
  .phase('contracted', { final: true })
  .flip('expand', (f) =>
    f
      .from('old')
      .to('dual')
      .guard('writers have followed', writersHaveFollowed)
      .transact('add columns', {
        run: async (tx) => void (await tx.query('alter table customer add given_name text, add family_name text')),
        compensate: (tx) => tx.query('alter table customer drop given_name, drop family_name'),
      }),
  )
  .flip('backfill', (f) => {
    let backfill = f
      .from('dual')
      .to('filled')
      .guard('writers have followed', writersHaveFollowed)
      .transact('measure', { run: async (tx) => ({ highest: await highestId(tx) }) })
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      // Nothing is undone when the flip turns back: what is filled does no harm.
      backfill = backfill.transact(`chunk ${chunk}`, {
        run: async (tx, { deps, outputs }) => {
          const filled = await fill(tx, chunk, outputs.measure.highest)
          await deps.halfway(chunk)
          return { filled }
        },
      })
    }
    return backfill.confirm('old and new agree', ({ deps }) => agree(deps.db), { poll: '200ms', within: '2s' })
  })
  .flip('cut over', (f) => f.from('filled').to('switched').guard('writers have followed', writersHaveFollowed))
  .flip('cut back', (f) => f.from('switched').to('filled').guard('writers have followed', writersHaveFollowed))
  .flip('let go', (f) =>
    f
      .from('switched')
      .to('new')
      .guard('writers have followed', writersHaveFollowed)
      .transact('compare', { run: compare })
      .transact('allow no name', {
        run: async (tx) => void (await tx.query('alter table customer alter name drop not null')),
        compensate: (tx) => tx.query('alter table customer alter name set not null'),
      }),
  )
  .flip('contract', (f) =>
    f
      .from('new')
      .to('contracted')
      .guard('writers have followed', writersHaveFollowed)
      .transact('drop name', {
        run: async (tx) => {
          await tx.query(
            'alter table customer drop name, alter given_name set not null, alter family_name set not null',
          )
        },
        irreversible: true,
      }),
  )
  .build()

/** The order in which a migration goes. */
export const PLAN = ['expand', 'backfill', 'cut over', 'let go', 'contract'] as const

async function writersHaveFollowed({ deps, from }: { readonly deps: Site; readonly from: string }) {
  const behind = await writersBehind(deps.db, from)
  return behind.length === 0 || deny(`not in "${from}" yet: ${behind.join(', ')}`)
}

async function agree(db: Pool) {
  const { differing } = await count(db)
  return differing === 0 || deny(`${differing} rows differ`)
}

/** The last look while there are both. */
async function compare(tx: PoolClient): Promise<Comparison> {
  const counted = await count(tx)
  if (counted.differing > 0) throw new Error(`${counted.differing} of ${counted.rows} rows differ`)
  return counted
}

async function count(db: Pick<Pool, 'query'>): Promise<Comparison> {
  const { rows } = await db.query(
    `select count(*)::int as rows, count(*) filter (where ${DIFFER})::int as differing from customer`,
  )
  return rows[0]
}

async function highestId(tx: PoolClient): Promise<number> {
  const { rows } = await tx.query('select coalesce(max(id), 0)::int as highest from customer')
  return rows[0].highest
}

/** Rows above `highest` came when every writer wrote both. Of the others `name` is right, whatever else they hold. */
async function fill(tx: PoolClient, chunk: number, highest: number): Promise<number> {
  const [after, upTo] = [chunk - 1, chunk].map((part) => Math.ceil((highest * part) / CHUNKS))
  const { rowCount } = await tx.query(
    `update customer
        set given_name = split_part(name, ' ', 1), family_name = substr(name, strpos(name, ' ') + 1)
      where id > $1 and id <= $2 and ${DIFFER}`,
    [after, upTo],
  )
  await tx.query('insert into progress (chunk, filled, pid) values ($1, $2, $3)', [chunk, rowCount, process.pid])
  return rowCount ?? 0
}
