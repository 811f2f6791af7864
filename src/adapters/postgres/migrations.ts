/** What leads from each version of the tables to the next: the first from nothing to version 1. */
export function migrations(schema: string): readonly string[] {
  return [versionOne(schema), versionTwo(schema)]
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

/**
 * The feed. Every record gets a mark that is not below the id of the transaction that wrote it, nor below the mark of the
 * record before it: what is marked below all transactions that are still open can be given out, in this order, and
 * nothing will ever come before it. No table is written anew; each is locked, for as long as its new index takes.
 */
function versionTwo(schema: string): string {
  return `
-- What is written before the first mark is below all others. No default is kept: who does not know of marks writes nothing.
alter table ${schema}.head add column mark bigint not null default 0, add column stuck boolean not null default false;
alter table ${schema}.head alter column mark drop default, alter column stuck drop default;
update ${schema}.head set stuck = true where not running and head like '%"flip":{%';
create index head_stuck on ${schema}.head (chart, id) where stuck;
alter table ${schema}.record add column mark bigint not null default 0;
alter table ${schema}.record alter column mark drop default;
create index record_feed on ${schema}.record (mark, subject, n);

-- The id of a transaction as a mark.
create function ${schema}.mark(xid8) returns bigint language sql immutable parallel safe as 'select $1::text::bigint + 0';

-- For an owner who has moved the tables to another server, whose ids begin anew: marks go on from the highest that there is,
-- and what has been written here already comes after it. Rows that came with it are as old as the one that has it.
create function ${schema}.restored() returns void language plpgsql as $$
declare
  highest bigint;
  moved xid;
begin
  lock table ${schema}.head in exclusive mode;
  select r.mark, r.xmin into highest, moved from ${schema}.record r
    where r.mark = (select max(mark) from ${schema}.record) order by age(r.xmin) desc limit 1;
  if highest is null then return; end if;
  alter table ${schema}.record disable trigger only_dropped;
  update ${schema}.record r set mark = highest + 1
    from (select subject, min(n) as n from ${schema}.record where age(xmin) < age(moved) group by subject) fresh
    where r.subject = fresh.subject and r.n >= fresh.n;
  alter table ${schema}.record enable trigger only_dropped;
  update ${schema}.head h set mark = highest + 1
    where exists (select from ${schema}.record r where r.subject = h.subject and r.n = h.version and r.mark = highest + 1);
  execute format('create or replace function ${schema}.mark(xid8) returns bigint language sql immutable parallel safe as %L',
    format('select $1::text::bigint + %s', highest + 1));
end $$;
revoke execute on function ${schema}.restored() from public;

-- How far those who follow the feed have come.
create table ${schema}.bookmark (
  name text collate "C" primary key,
  value text collate "C" not null
);

create function ${schema}.drop_payload_only() returns trigger language plpgsql as $$
begin
  if new.payload = '' and row(new.subject, new.n, new.op, new.header, new.hash, new.mark)
    is not distinct from row(old.subject, old.n, old.op, old.header, old.hash, old.mark) then return new; end if;
  raise exception 'phasegate: % on %.% is refused: it is only ever added to, and payloads are dropped',
    tg_op, tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
drop trigger only_added_to on ${schema}.record;
create trigger only_added_to before delete or truncate on ${schema}.record
  for each statement execute function ${schema}.refuse();
create trigger only_dropped before update on ${schema}.record
  for each row execute function ${schema}.drop_payload_only();
`
}
