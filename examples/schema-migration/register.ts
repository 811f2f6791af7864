import type { Pool } from 'pg'

// Who writes, and by which phase: a table, since permits are counted in one process only.

/** Enters a writer before it has read the phase: from here on no flip goes without it. */
export async function enter(db: Pool, writer: string): Promise<void> {
  await db.query('insert into writer (name) values ($1)', [writer])
}

/** Says that all that `writer` does from here on, it does as `phase` says. */
export async function announce(db: Pool, writer: string, phase: string): Promise<void> {
  await db.query('update writer set phase = $2 where name = $1', [writer, phase])
}

/** Strikes a writer off: one that ends, or one that is known to be dead. */
export async function leave(db: Pool, writer: string): Promise<void> {
  await db.query('delete from writer where name = $1', [writer])
}

/** The writers that have not said that they write as `phase` says. */
export async function writersBehind(db: Pool, phase: string): Promise<readonly string[]> {
  const { rows } = await db.query('select name from writer where phase is distinct from $1 order by name', [phase])
  return rows.map(({ name }) => name)
}
