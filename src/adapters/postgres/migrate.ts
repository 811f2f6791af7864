import { known, systemClock } from '../../base/index.ts'
import { databaseOf, type PgPool, type PostgresSql } from './client.ts'
import { type SchemaOptions, schemaScript } from './schema.ts'

/**
 * Makes the tables, or brings them up to date: all of it, or nothing. Run it again, or from many processes at once: it is
 * done once. Needs the right to create a schema; with `role`, grants that role what an application needs.
 *
 * @example await migrate(new Pool({ connectionString: process.env.ADMIN_DATABASE_URL }), { role: 'app' })
 */
export async function migrate(client: PgPool | Pick<PostgresSql, 'unsafe'>, options?: SchemaOptions): Promise<void> {
  const given = known(options, 'migrate options', ['schema', 'role']) as SchemaOptions
  await databaseOf(client, systemClock).script(schemaScript(given))
}
