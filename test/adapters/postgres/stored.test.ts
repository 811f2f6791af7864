import { createGate, type Journal, type JournalRecord, type SubjectRef } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { checkChain, headerOf, open } from '../../../src/audit/index.ts'
import { all, appendOf, recordOf } from '../../../src/testing/contracts/journal-samples.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { shuttle } from './shuttle.ts'
import { opened } from './stage.ts'

/** What has been known to come back as something else. */
const TEXTS = {
  quotes: `"double" 'single' \`back\` $1 $$ $body$`,
  backslashes: '\\ \\\\ \\n \\0 \\u0000 C:\\new\\table \\',
  'array text': '{a,b} {"c"} NULL {NULL} , {}',
  'control characters': '\0\u0001\b\t\n\v\f\r\u001f\u007f\u0080',
  scripts: 'é e\u0301 ß ﷺ 漢字 \u202eright to left \ufeff \u2028 \uffff',
  emoji: '🚦👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  numbers: '1e400 -0 9007199254740993 007',
}

const MEGABYTE = 'a"\\é🚦\n'.repeat(100_000)

const bodies = (n: number): Record<string, unknown> => ({
  ...TEXTS,
  n,
  list: Object.values(TEXTS),
  big: 1e21,
  small: -1e-7,
  long: n === 1 || n === 5 ? MEGABYTE : '',
})

function appendsFrom(version: number, records: number) {
  const written = Array.from({ length: records }, (_, index) => {
    const n = version + index + 1
    return { ...recordOf(n), output: bodies(n) } as JournalRecord
  })
  return appendOf(version, { records: written, head: { ...appendOf(version).head, version: version + records } })
}

function manyRecords(count: number) {
  const records = Array.from({ length: count }, (_, index) => recordOf(index + 1))
  return { records, head: { ...appendOf(0).head, version: count } }
}

describeWith('postgres', 'what is stored', (facts) => {
  const CLIENTS: Readonly<Record<string, (schema: string, finished: WhenFinished) => Journal>> = {
    'a pool of pg': (schema, finished) => postgresJournal(postgresPool(finished), { schema }),
    'postgres()': (schema, finished) => {
      const { host, port, user, database } = connection(facts)
      const sql = postgres({ host, port, user, database, max: 2 } as postgres.Options<never>)
      finished(() => sql.end())
      return postgresJournal(sql, { schema })
    },
  }

  test('comes once, also where somebody with every right has deleted a record', async ({ onTestFinished }) => {
    const { journal, pool, schema } = await opened(onTestFinished)
    const subject = { chart: 'a', id: 'long' }
    await journal.append(subject, appendOf(0, manyRecords(1_200)))
    await pool.query(`begin; alter table ${schema}.record disable trigger all;
      delete from ${schema}.record where n = 250; alter table ${schema}.record enable trigger all; commit`)
    const numbers = (await all(journal.history(subject))).map((sealed) => headerOf(sealed).n)
    expect(numbers).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1).toSpliced(249, 1))
  })

  describe.concurrent('is what was sealed, byte for byte', () => {
    test.for(Object.keys(CLIENTS))(
      'by %s, alone, several in one append, and sharing a statement',
      async (client, { onTestFinished }) => {
        const schema = newSchema(onTestFinished)
        const pool = postgresPool(onTestFinished)
        await migrate(pool, { schema })
        const journal = CLIENTS[client]?.(schema, onTestFinished) as Journal
        const subjects = ['alone \0\\"\'🚦', 'together'].map((id): SubjectRef => ({ chart: 'a\\"{,}\0', id }))
        for (const subject of subjects) {
          await journal.append(subject, appendsFrom(0, 1))
          await journal.append(subject, appendsFrom(1, 2))
        }
        await Promise.all(subjects.map((subject) => journal.append(subject, appendsFrom(3, 2))))
        for (const subject of subjects) {
          const sealed = await all(journal.history(subject))
          expect(sealed).toHaveLength(5)
          expect(await checkChain(subject, sealed)).toBeUndefined()
          for (const [index, record] of sealed.entries())
            expect(open(record)).toMatchObject({ output: bodies(index + 1) })
        }
        // Read by whichever client, past the journal, the bytes are those that the hashes are of.
        const { rows } = await pool.query<{ bad: string }>(
          `select count(*) as bad from ${schema}.record where encode(sha256(convert_to(header, 'UTF8')), 'hex') <> hash
           or encode(sha256(convert_to(payload, 'UTF8')), 'hex') <> substring(header from '"payload":"([0-9a-f]*)"')`,
        )
        expect(rows).toEqual([{ bad: '0' }])
      },
    )
  })

  test('is text, that no type of the server rewrites', async ({ onTestFinished }) => {
    const { pool, schema } = await opened(onTestFinished)
    const { rows } = await pool.query(
      `select table_name || '.' || column_name as name, data_type as type from information_schema.columns
       where table_schema = $1 and column_name in ('header', 'payload', 'hash', 'head', 'settled') and table_name <> 'timeline' order by 1`,
      [schema],
    )
    expect(rows.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'head.head text',
      'outcome.settled text',
      'record.hash text',
      'record.header text',
      'record.payload text',
    ])
  })

  test('can be read by people, in a view', async ({ onTestFinished }) => {
    const { pool, schema, journal } = await opened(onTestFinished)
    const gate = createGate(shuttle, { deps: { effects: [] }, journal })
    const { flipId } = await gate.subject('one \0').flip('go', undefined, { actor: { id: 'kim' } })
    const { rows } = await pool.query(
      `select id, n, kind, epoch, flip_id, actor, at, payload from ${schema}.timeline order by n`,
    )
    expect(rows.map(({ kind }) => kind)).toEqual(['requested', 'stepped', 'stepped', 'stepped', 'committed'])
    expect(rows[0]).toMatchObject({ id: 'one \\0', n: '1', epoch: '1', flip_id: flipId, actor: 'kim' })
    expect(Math.abs(rows[0].at.getTime() - Date.now())).toBeLessThan(60_000)
    expect(JSON.parse(rows[1].payload)).toMatchObject({ body: { step: 'a', output: { did: 'a' } } })
  })
})
