export type { PgClient, PgPool, PostgresSql } from './client.ts'
export { type PostgresJournal, type PostgresJournalOptions, postgresJournal } from './journal.ts'
export { type PostgresLockOptions, postgresLock } from './lock.ts'
export { migrate } from './migrate.ts'
export { postgresSchema, type SchemaOptions } from './schema.ts'
export {
  type ListeningPool,
  type ListeningSql,
  type PostgresChange,
  type PostgresWatchOptions,
  type StopWatching,
  watchPostgres,
} from './watch.ts'
