import type pg from 'pg'
import type { SubjectRef } from 'phasegate'
import { migrate, postgresJournal, postgresLock, postgresSchema } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { SCHEMA_VERSION } from '../../../src/adapters/postgres/schema.ts'
import { appendOf } from '../../../src/testing/contracts/journal-samples.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { counting } from './stage.ts'

const ONE: SubjectRef = { chart: 'shuttle', id: 'one' }

/** Everything there is in a schema, as the server describes it. */
async function contents(pool: pg.Pool, schema: string): Promise<readonly unknown[]> {
  const { rows } = await pool.query(
    `select relname, relkind, attname, format_type(atttypid, atttypmod) as type, attnotnull
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where relnamespace = $1::regnamespace and attnum > 0 and relkind in ('r', 'v', 'i') order by relname, attnum`,
    [schema],
  )
  const versions = await pool.query(`select version, since from ${schema}.version`)
  return [...rows, ...versions.rows]
}

/** The statements of a script: one ends at a semicolon that does not stand between dollars. */
function statements(script: string): readonly string[] {
  return script.match(/(?:\$phasegate\$[\s\S]*?\$phasegate\$|[^;$])+;/g) ?? []
}

async function works(pool: pg.Pool, schema: string): Promise<void> {
  const journal = postgresJournal(pool, { schema })
  await journal.append(ONE, appendOf(0))
  expect((await journal.read(ONE))?.version).toBe(1)
  await (await postgresLock(pool, { schema }).acquire('r', { ttlMs: 1_000, waitMs: 0 })).release()
}

describeWith('postgres', 'the tables', (facts) => {
  describe.concurrent('are made', () => {
    test('by migrate, which changes nothing when it is run again', async ({ onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const pool = postgresPool(onTestFinished)
      await migrate(pool, { schema })
      const before = await contents(pool, schema)
      await works(pool, schema)
      await migrate(pool, { schema })
      expect(await contents(pool, schema)).toEqual(before)
      expect((await postgresJournal(pool, { schema }).read(ONE))?.version).toBe(1)
    })

    test.for(['read committed', 'repeatable read', 'serializable'])(
      'once by 8 at the same moment, and nobody fails (%s)',
      async (level, { onTestFinished }) => {
        const schema = newSchema(onTestFinished)
        const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`
        const pool = postgresPool(onTestFinished, { max: 8, options })
        await Promise.all(Array.from({ length: 8 }, () => migrate(pool, { schema })))
        const { rowCount } = await pool.query(`select from ${schema}.version`)
        expect(rowCount).toBe(SCHEMA_VERSION)
        await works(pool, schema)
      },
    )

    test('by postgres()', async ({ onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const sql = sqlClient(onTestFinished)
      await Promise.all([migrate(sql, { schema }), migrate(sql, { schema })])
      await works(postgresPool(onTestFinished), schema)
    })

    test('by the printed SQL, statement by statement, as by migrate', async ({ onTestFinished }) => {
      const [byHand, byMigrate] = [newSchema(onTestFinished), newSchema(onTestFinished)]
      const pool = postgresPool(onTestFinished)
      await migrate(pool, { schema: byMigrate })
      const client = await pool.connect()
      for (const _ of ['once', 'again'])
        for (const statement of statements(postgresSchema({ schema: byHand }))) await client.query(statement)
      client.release()
      const named = async (schema: string): Promise<unknown> => (await contents(pool, schema)).slice(0, -SCHEMA_VERSION)
      expect(await named(byHand)).toEqual(await named(byMigrate))
      await works(pool, byHand)
    })

    test('all or none: what is in the way is found out, and nothing is left', async ({ onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const pool = postgresPool(onTestFinished)
      await pool.query(`create schema ${schema}`)
      await pool.query(`create table ${schema}.lease (mine int)`)
      await expect(migrate(pool, { schema })).rejects.toThrow(/lease.*already exists/)
      expect(
        (await pool.query(`select relname from pg_class where relnamespace = '${schema}'::regnamespace`)).rows,
      ).toEqual([{ relname: 'lease' }])
    })
  })

  describe.concurrent('are looked at before the first operation:', () => {
    const unfit = (found: RegExp, expected: RegExp) => ({
      code: 'JOURNAL_UNFIT',
      facts: { found: expect.stringMatching(found), expected: expect.stringMatching(expected) },
    })

    test('none is JOURNAL_UNFIT, naming migrate; once they are there the same journal works', async ({
      onTestFinished,
    }) => {
      const schema = newSchema(onTestFinished)
      const pool = postgresPool(onTestFinished)
      const journal = postgresJournal(pool, { schema })
      const refusal = unfit(/does not exist/, /migrate\(pool\)/)
      await expect(journal.open()).rejects.toMatchObject(refusal)
      await expect(journal.append(ONE, appendOf(0))).rejects.toMatchObject(refusal)
      await expect(journal.read(ONE)).rejects.toMatchObject(refusal)
      await expect(journal.renew(ONE, 1, 1_000)).rejects.toMatchObject(refusal)
      await migrate(pool, { schema })
      await journal.append(ONE, appendOf(0))
      await journal.open()
    })

    test.for([
      { version: 'older', change: 'delete from version', mend: /migrate/ },
      { version: 'newer', change: 'insert into version (version) values (99)', mend: /newer version of phasegate/ },
    ])('$version ones are JOURNAL_UNFIT', async ({ change, mend }, { onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const pool = postgresPool(onTestFinished)
      await migrate(pool, { schema })
      await pool.query(change.replace('version', `${schema}.version`))
      const journal = postgresJournal(pool, { schema })
      await expect(journal.append(ONE, appendOf(0))).rejects.toMatchObject(unfit(/tables of version \d+/, mend))
    })

    test('a server that would acknowledge what it may lose is JOURNAL_UNFIT', async ({ onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      await migrate(postgresPool(onTestFinished), { schema })
      const hasty = postgresPool(onTestFinished, { options: '-c synchronous_commit=off' })
      const refusal = unfit(/synchronous_commit = off/, /on, for the role or database/)
      await expect(postgresJournal(hasty, { schema }).open()).rejects.toMatchObject(refusal)
      const local = postgresPool(onTestFinished, { options: '-c synchronous_commit=local' })
      await postgresJournal(local, { schema }).open()
    })
  })

  const NAMES = ['', 'Upper', 'a b', 'a"b', "a'b", 'a;b', 'a.b', '1a', 'é', 'x'.repeat(42), 7, null, {}]

  test.for(NAMES)('a schema or role called %j is refused before anything is sent', async (name, { onTestFinished }) => {
    const { pool, sent } = counting(postgresPool(onTestFinished))
    const bad = name as string
    const refusal = expect.objectContaining({ code: 'OPTION_INVALID' })
    expect(() => postgresJournal(pool, { schema: bad })).toThrow(refusal)
    expect(() => postgresLock(pool, { schema: bad })).toThrow(refusal)
    expect(() => postgresSchema({ schema: bad })).toThrow(refusal)
    expect(() => postgresSchema({ role: bad })).toThrow(refusal)
    await expect(migrate(pool, { schema: bad })).rejects.toEqual(refusal)
    await expect(migrate(pool, { role: bad })).rejects.toEqual(refusal)
    expect(sent).toEqual([])
  })

  test.for([undefined, null, 'postgres://x', {}, { query: () => undefined }, () => undefined])(
    'a client of another kind is refused (%s)',
    async (client) => {
      const refusal = expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(/Pool of pg/) })
      expect(() => postgresJournal(client as never)).toThrow(refusal)
      expect(() => postgresLock(client as never)).toThrow(refusal)
      await expect(migrate(client as never)).rejects.toEqual(refusal)
    },
  )

  function sqlClient(whenFinished: WhenFinished): postgres.Sql {
    const { host, port, user, database } = connection(facts)
    const options = { host, port, user, database, max: 2, onnotice: () => undefined }
    const sql = postgres(options as postgres.Options<never>)
    whenFinished(() => sql.end())
    return sql as unknown as postgres.Sql
  }
})
