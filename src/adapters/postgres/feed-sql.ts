/**
 * The statements of the feed. What is marked below every transaction that is still open is all there will ever be of such
 * marks: transactions that come later, and those that are open, mark what they write at or above their own ids.
 */
export function feedTexts(schema: string) {
  return {
    feed: `select r.mark, r.subject, r.n, r.header, r.payload, r.hash, h.chart, h.id from (
  select * from ${schema}.record
  where (mark, subject, n) > ($1::bigint, $2::bigint, $3::bigint)
    and mark < ${schema}.mark(pg_snapshot_xmin(pg_current_snapshot()))
  order by mark, subject, n limit $4::int
) r join ${schema}.head h using (subject) order by r.mark, r.subject, r.n`,
    // A mark that no transaction of this server can have given: the tables come from another one.
    lastMark: `select mark, mark >= ${schema}.mark(pg_snapshot_xmax(pg_current_snapshot())) as ahead
from ${schema}.record order by mark desc limit 1`,
    tips: `select chart, id, version, tip from ${schema}.head
where (chart, id) > ($1, $2) order by chart, id limit $3::int`,
    bookmark: `select value from ${schema}.bookmark where name = $1`,
    setBookmark: `insert into ${schema}.bookmark (name, value) values ($1, $2) on conflict (name) do nothing returning name`,
    moveBookmark: `update ${schema}.bookmark set value = $3 where name = $1 and value = $2 returning name`,
  }
}
