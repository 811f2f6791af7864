import { refuse } from '../../base/index.ts'
import { migrations } from './migrations.ts'

/** The version of the tables that this version of the library works with. */
export const SCHEMA_VERSION = 2

const NAME = /^[a-z_][a-z0-9_]{0,40}$/

/** The name of a schema or role: of a form that needs no quotes, so that it can stand in any statement. */
export function parseName(value: unknown, option: string, fallback: string): string {
  if (value === undefined) return fallback
  if (typeof value === 'string' && NAME.test(value)) return value
  return refuse(option, value, 'lower-case letters, digits and "_", beginning with no digit; 41 at most')
}

/** What the role of an application needs, and no more: records can be read and added, and their payloads dropped. */
function grants(schema: string, role: string): string {
  return `
grant usage on schema ${schema} to ${role};
grant select on ${schema}.version, ${schema}.timeline to ${role};
grant select, insert, update (payload) on ${schema}.record to ${role};
grant select, insert, update on ${schema}.head, ${schema}.lease, ${schema}.bookmark to ${role};
grant select, insert, update (settled), delete on ${schema}.outcome to ${role};
`
}

export interface SchemaOptions {
  /** @default 'phasegate' */
  readonly schema?: string | undefined
  /** The role that the application connects as, if it is not the one that owns the tables. @default none */
  readonly role?: string | undefined
}

/**
 * The SQL that `migrate` runs, for those who run their own migrations: from nothing, or from any earlier version, to
 * this one. Running it again changes nothing.
 */
export function postgresSchema(options: SchemaOptions = {}): string {
  return `begin;\n${schemaScript(options)}commit;\n`
}

/** The same, for who sends it as one transaction anyway. */
export function schemaScript(options: SchemaOptions): string {
  const schema = parseName(options.schema, 'schema', 'phasegate')
  const role = options.role === undefined ? undefined : parseName(options.role, 'role', '')
  const steps = migrations(schema).map((sql, index) => step(schema, index + 1, sql))
  // Who has waited for the lock must see what its holder has made, whatever the role's isolation level is.
  return `set transaction isolation level read committed;
select pg_advisory_xact_lock(hashtext('phasegate ${schema}'));
create schema if not exists ${schema};
create table if not exists ${schema}.version (version int primary key, since timestamptz not null default now());
${steps.join('')}${role === undefined ? '' : grants(schema, role)}`
}

/** A step that was taken before is passed over. */
function step(schema: string, version: number, sql: string): string {
  return `do $phasegate$ begin
if exists (select from ${schema}.version where version = ${version}) then return; end if;
${sql}
insert into ${schema}.version (version) values (${version});
end $phasegate$;
`
}
