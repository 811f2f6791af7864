import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf, PhasegateError } from '../base/index.ts'
import type { AuditedJournal } from '../trail/index.ts'

/** What is used of `pg`. */
interface PgPackage {
  readonly Pool: new (config: { readonly connectionString: string; readonly max: number }) => PgPoolToEnd
}

type PgPoolToEnd = Parameters<typeof import('../adapters/postgres/index.ts')['postgresJournal']>[0] & {
  end(): Promise<void>
  on(event: 'error', listener: () => void): unknown
}

/** Lends a journal on PostgreSQL, reached through the `pg` of the project in the working directory. */
export async function withPostgres<Result>(
  url: string,
  schema: string | undefined,
  work: (journal: AuditedJournal) => Promise<Result>,
): Promise<Result> {
  const { Pool } = loadPg()
  const { postgresJournal } = await import('../adapters/postgres/index.ts')
  const pool = new Pool({ connectionString: url, max: 2 })
  // One that breaks while it is idle would end the process; in use, it rejects.
  pool.on('error', () => undefined)
  const journal = postgresJournal(pool, { schema })
  try {
    return await work(journal)
  } finally {
    await journal.close()
    await pool.end()
  }
}

function loadPg(): PgPackage {
  const fromProject = createRequire(join(process.cwd(), 'package.json'))
  try {
    return fromProject('pg')
  } catch (error) {
    const cause = `the PostgreSQL client "pg" is not installed here (npm install pg): ${messageOf(error)}`
    throw new PhasegateError('AUDIT_UNREADABLE', cause, { cause }, { cause: error })
  }
}
