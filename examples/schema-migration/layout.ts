import type { Pool } from 'pg'
import type { PhasesOf } from 'phasegate'
import type { migration } from './migration.ts'

// How the table is written and read in each phase. The rule: any two neighbours go together, for a process may see a
// phase one behind; two behind it never is, for no flip begins before every writer has followed the one before.

export type Phase = PhasesOf<typeof migration>

export interface Layout {
  /** The columns that a write sets, all of them in one statement. */
  readonly writes: readonly (keyof typeof VALUES)[]
  /** Where a read takes the name from. */
  readonly reads: keyof typeof READS
}

const VALUES = { name: `$2::text || ' ' || $3::text`, given_name: '$2::text', family_name: '$3::text' } as const
const READS = { old: 'name', new: `given_name || ' ' || family_name` } as const
const OLD = ['name'] as const
const NEW = ['given_name', 'family_name'] as const

export const LAYOUTS: { readonly [In in Phase]: Layout } = {
  old: { writes: OLD, reads: 'old' },
  dual: { writes: [...OLD, ...NEW], reads: 'old' },
  filled: { writes: [...OLD, ...NEW], reads: 'old' },
  switched: { writes: [...OLD, ...NEW], reads: 'new' },
  new: { writes: NEW, reads: 'new' },
  contracted: { writes: NEW, reads: 'new' },
}

/** What a customer is called, and by which of the writes to the row: the revision counts them. */
export interface Version {
  readonly id: number
  readonly revision: number
  readonly name: string
}

export interface Customer {
  readonly id: number
  readonly given: string
  readonly family: string
}

/** Adds the customer, or gives it another name. */
export async function write(db: Pool, { writes }: Layout, { id, given, family }: Customer): Promise<Version> {
  const { rows } = await db.query(
    `insert into customer as c (id, ${writes.join(', ')}) values ($1, ${writes.map((column) => VALUES[column]).join(', ')})
     on conflict (id) do update
        set revision = c.revision + 1, ${writes.map((column) => `${column} = excluded.${column}`).join(', ')}
     returning revision`,
    [id, given, family],
  )
  return { id, revision: rows[0].revision, name: `${given} ${family}` }
}

export async function read(db: Pool, { reads }: Layout, id: number): Promise<Version | undefined> {
  const { rows } = await db.query(`select id, revision, ${READS[reads]} as name from customer where id = $1`, [id])
  return rows[0]
}

/** Every row, in the order of ids. */
export async function readAll(db: Pool, { reads }: Layout): Promise<readonly Version[]> {
  const { rows } = await db.query(`select id, revision, ${READS[reads]} as name from customer order by id`)
  return rows
}
