import pg from 'pg'

/** Where everything of a run is: the table, the register of writers, and the journal. Dropped in the end. */
export interface Place {
  readonly url: string
  readonly schema: string
}

export function connect({ url, schema }: Place): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}` })
  pool.on('error', (error) => console.error('an idle connection was lost:', error.message))
  return pool
}

/** The table as it is before the migration, with customers 1 to `amount`; and what the migration keeps beside it. */
export async function furnish(db: pg.Pool, amount: number): Promise<void> {
  await db.query(`
    create table customer (id int primary key, revision int not null default 1, name text not null);
    insert into customer (id, name) select id, 'Robin No. ' || id from generate_series(1, ${amount}) id;
    create table writer (name text primary key, phase text);
    create table progress (chunk int not null, filled int not null, pid int not null)`)
}
