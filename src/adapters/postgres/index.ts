export type { PgClient, PgPool, PostgresSql } from './client.ts'
export { type PostgresJournal, type PostgresJournalOptions, postgresJournal } from './journal.ts'
export { migrate } from './migrate.ts'
export { postgresSchema, type SchemaOptions } from './schema.ts'
