import type pg from 'pg'
import type { FeedEntry, Journal } from 'phasegate'
import { migrate } from 'phasegate/postgres'
import { newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

/** Tables of their own, with one for what users write. */
export async function tables(whenFinished: WhenFinished, max = 10): Promise<{ schema: string; pool: pg.Pool }> {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished, { max })
  await migrate(pool, { schema })
  await pool.query(`create table ${schema}.line (text text)`)
  return { schema, pool }
}

/** A follower that keeps its place. */
export function following(journal: Journal, limit = 100) {
  const found: FeedEntry[] = []
  let cursor: string | undefined
  const goOn = async (): Promise<readonly FeedEntry[]> => {
    for (let more = true; more; ) {
      const page = await journal.feed(cursor, limit)
      found.push(...page.entries)
      ;({ cursor, more } = page)
    }
    return found
  }
  return { found, goOn }
}

/** Subject and number of each, as the headers say. */
export function places(entries: readonly FeedEntry[]): readonly string[] {
  return entries.map(({ subject, sealed }) => `${subject.id} ${(JSON.parse(sealed.header) as { n: number }).n}`)
}
