import { refuse } from '../../base/index.ts'

/** The version of the tables that this version of the library works with. */
export const SCHEMA_VERSION = 1

const NAME = /^[a-z_][a-z0-9_]{0,40}$/

/** The name of a schema or role: of a form that needs no quotes, so that it can stand in any statement. */
export function parseName(value: unknown, option: string, fallback: string): string {
  if (value === undefined) return fallback
  if (typeof value === 'string' && NAME.test(value)) return value
  return refuse(option, value, 'lower-case letters, digits and "_", beginning with no digit; 41 at most')
}

/** What leads from each version of the tables to the next: the first from nothing to version 1. */
export function migrations(schema: string): readonly string[] {
  return [versionOne(schema)]
}

function versionOne(schema: string): string {
  return `
-- One row a subject: where it is now, and who may write. Never deleted, or its epochs would repeat.
create table ${schema}.head (
  subject bigint generated always as identity unique,
  chart text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  epoch bigint not null,
  head text not null,
  tip text not null,
  running boolean not null,
  lease_until timestamptz not null,
  due_at timestamptz,
  primary key (chart, id)
) with (fillfactor = 80);
-- Without lease_until, which every append and renewal moves: those stay within their page (HOT).
create index head_running on ${schema}.head (chart) where running;
create index head_due on ${schema}.head (chart, due_at) where due_at is not null;

-- What happened, as it was sealed: text, never re-serialised. Only ever added to.
create table ${schema}.record (
  subject bigint not null,
  n bigint not null,
  op text collate "C",
  header text not null,
  payload text not null,
  hash text not null,
  primary key (subject, n)
);
create unique index record_op on ${schema}.record (subject, op) where op is not null;

-- How each attempt under an idempotency key ended.
create table ${schema}.outcome (
  subject bigint not null,
  key text collate "C" not null,
  attempt bigint not null,
  settled text not null,
  settled_at double precision not null,
  primary key (subject, key, attempt)
);

-- Resources of postgresLock. Never deleted, or their epochs would repeat.
create table ${schema}.lease (
  resource text collate "C" primary key,
  epoch bigint not null,
  holder text,
  until timestamptz not null
);

create function ${schema}.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'phasegate: % on %.% is refused: it is only ever added to', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end $$;
create trigger only_added_to before update or delete or truncate on ${schema}.record
  for each statement execute function ${schema}.refuse();
create trigger never_deleted before delete or truncate on ${schema}.head
  for each statement execute function ${schema}.refuse();
create trigger never_deleted before delete or truncate on ${schema}.lease
  for each statement execute function ${schema}.refuse();

-- For people. json knows no NUL; a name may hold one.
create view ${schema}.timeline as
  select h.chart, h.id, r.n, to_timestamp((says ->> 't')::double precision / 1000) as at, says ->> 'kind' as kind,
    (says ->> 'epoch')::bigint as epoch, says ->> 'flip' as flip_id, says ->> 'actor' as actor, r.payload
  from ${schema}.record r join ${schema}.head h using (subject),
    lateral (select replace(r.header, '\\u0000', '\\ufffd')::json as says) as parsed;
`
}

/** What the role of an application needs, and no more: records can be read and added. */
function grants(schema: string, role: string): string {
  return `
grant usage on schema ${schema} to ${role};
grant select on ${schema}.version, ${schema}.timeline to ${role};
grant select, insert on ${schema}.record to ${role};
grant select, insert, update on ${schema}.head, ${schema}.lease to ${role};
grant select, insert, delete on ${schema}.outcome to ${role};
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
