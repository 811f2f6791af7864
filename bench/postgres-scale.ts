import { equal } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import pg from 'pg'
import { startPostgres } from '../test/servers/postgres.ts'
import { type Contender, race, timedAsync } from './harness.ts'
import type { Library } from './library.ts'
import { orders } from './orders.ts'
import { POOL_SIZE } from './postgres.ts'
import { fill, idOf, isFilled, lengthen, type Specimen, specimen } from './postgres-fill.ts'

const FEW = 10
const MANY = 1_000_000
const RECORDS = 100_000
const LATENCY = { rounds: 15, sampleMs: 400, ratioOf: 'time' } as const
const AIM = '≤ 1.1×'

/** Whether a flip of three steps cares how much there is: subjects in the tables, records of its subject. */
export async function benchPostgresScale(library: Library): Promise<void> {
  const server = await startPostgres({ fsync: true })
  const { host, port, user, database } = server
  const pool = new pg.Pool({ host, port, user, database, max: POOL_SIZE })
  try {
    const few = await prepare(library, pool, 'few', FEW)
    const many = await prepare(library, pool, 'many', MANY)
    await benchSubjects(few, many)
    await benchRecords(pool, few)
  } finally {
    await pool.end()
    await server.stop()
  }
}

type Flip = (id: string) => Promise<void>

/** A schema with so many subjects. */
interface Tables {
  readonly schema: string
  readonly subjects: number
  readonly specimen: Specimen
  /** By a gate that knows the subject, unless it meets it for the first time. */
  readonly flip: Flip
  /** By a gate that knows no subject yet: it reads first. */
  readonly flipUnknown: Flip
}

async function prepare(library: Library, pool: pg.Pool, schema: string, subjects: number): Promise<Tables> {
  await library.migrate(pool, { schema })
  const journal = library.postgresJournal(pool, { schema })
  const chart = orders(library)
  const gate = library.createGate(chart, { journal })
  let keys = 0
  // Who asked the subject for its phase would measure a read.
  const shipped = new Map<string, boolean>()
  const turn = async (by: typeof gate, id: string): Promise<void> => {
    const isShipped = shipped.get(id) ?? isFilled(id)
    await by.subject(id).flip(isShipped ? 'return' : 'ship', undefined, { key: `key-${++keys}` })
    shipped.set(id, !isShipped)
  }
  const example = await specimen(pool, schema, () => turn(gate, 'specimen'))
  const since = Date.now()
  await fill(pool, { schema, specimen: example }, subjects)
  const { rows } = await pool.query('select pg_database_size(current_database()) / 1e6 as mb')
  const seconds = ((Date.now() - since) / 1e3).toFixed(1)
  console.log(`\n${subjects} subjects written in ${seconds} s; the database has ${Math.round(rows[0]?.mb)} MB`)
  const tables: Tables = {
    schema,
    subjects,
    specimen: example,
    flip: (id) => turn(gate, id),
    flipUnknown: (id) => turn(library.createGate(chart, { journal }), id),
  }
  await verify(library, pool, tables)
  return tables
}

/** What was written by SQL is taken for what the library wrote: a flip goes on from there. */
async function verify(library: Library, pool: pg.Pool, { schema, subjects, flipUnknown }: Tables): Promise<void> {
  const journal = library.postgresJournal(pool, { schema })
  const subject = { chart: 'order', id: idOf(subjects) }
  equal((await journal.read(subject))?.version, 1)
  await flipUnknown(subject.id)
  const head = await journal.read(subject)
  equal(head?.phase, 'open', 'the filled subjects were shipped')
  equal(head?.version, 6, 'a flip of three steps is five records')
  equal((await journal.settled(subject, 'key-0'))?.outcome.type, 'committed')
}

async function benchSubjects(few: Tables, many: Tables): Promise<void> {
  const pick = ({ subjects }: Tables): string => idOf(randomInt(1, subjects + 1))
  const lanes = (name: string, flip: (tables: Tables) => Promise<void>): readonly Contender[] => [
    { name: `${name}, of ${FEW}`, sample: repeated(() => flip(few)) },
    { name: `${name}, of ${MANY}`, aim: AIM, sample: repeated(() => flip(many)) },
  ]
  await race(
    'A flip of three steps, 1 caller: on a random subject, which is read first',
    lanes('any', (tables) => tables.flipUnknown(pick(tables))),
    LATENCY,
  )
  await race(
    'The same, on one of ten subjects that the gate knows',
    lanes('one of ten', ({ flip }) => flip(idOf(randomInt(1, FEW + 1)))),
    LATENCY,
  )
}

async function benchRecords(pool: pg.Pool, tables: Tables): Promise<void> {
  const long = idOf(1)
  await lengthen(pool, tables, { id: long, records: RECORDS })
  let made = 0
  // A new subject for each sample, or it would grow long too.
  const short = async (times: number): Promise<number> => {
    const id = `short-${++made}`
    await tables.flip(id)
    return repeated(() => tables.flip(id))(times)
  }
  await race(
    'A flip of three steps, 1 caller: on a subject with',
    [
      { name: 'a few records, at first', sample: short },
      { name: `${RECORDS} records`, aim: AIM, sample: repeated(() => tables.flip(long)) },
    ],
    LATENCY,
  )
}

function repeated(flip: () => Promise<void>): Contender['sample'] {
  return timedAsync(async (times) => {
    for (let done = 0; done < times; done++) await flip()
  })
}
