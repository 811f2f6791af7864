import type pg from 'pg'
import { chart, createGate, type SubjectRef, type TransactionalJournal } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, expect, test, vi } from 'vitest'
import { statementsOf } from '../../../src/adapters/postgres/statements.ts'
import { all, appendOf, fill, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { signal } from '../../gate/stage.ts'
import { connection, describeWith, type WhenFinished } from '../../servers/index.ts'
import { following, places, tables } from './following.ts'

const OTHER: SubjectRef = { chart: 'contract', id: 'two' }

interface Client {
  readonly journal: TransactionalJournal<unknown>
  write(tx: unknown, text: string): Promise<unknown>
}

describeWith('postgres', 'the feed of the PostgreSQL journal', (facts) => {
  const CLIENTS: Readonly<Record<string, (schema: string, pool: pg.Pool, finished: WhenFinished) => Client>> = {
    'a pool of pg': (schema, pool) => ({
      journal: postgresJournal(pool, { schema }) as TransactionalJournal<unknown>,
      write: (tx, text) => (tx as pg.PoolClient).query(`insert into ${schema}.line values ($1)`, [text]),
    }),
    'postgres()': (schema, _pool, finished) => {
      const { host, port, user, database } = connection(facts)
      const sql = postgres({ host, port, user, database, max: 5 } as postgres.Options<never>)
      finished(() => sql.end())
      return {
        journal: postgresJournal(sql, { schema }) as TransactionalJournal<unknown>,
        write: (tx, text) => (tx as postgres.TransactionSql).unsafe(`insert into ${schema}.line values ($1)`, [text]),
      }
    },
  }

  describe.concurrent('with a transaction that was begun early and commits late', () => {
    test.for(Object.keys(CLIENTS))(
      'passes nothing over, and keeps the order of a subject that another wrote in between, by %s',
      async (name, { onTestFinished }) => {
        const { schema, pool } = await tables(onTestFinished)
        const { journal, write } = CLIENTS[name]?.(schema, pool, onTestFinished) as Client
        const [begun, goOn] = [signal(), signal()]
        await fill(journal, SUBJECT, 1)
        const follower = following(journal)
        await vi.waitFor(async () => expect(places(await follower.goOn())).toEqual(['one 1']))
        const late = journal.transact(SUBJECT, async (tx) => {
          await write(tx, 'its id is from here')
          begun.resolve()
          await goOn.promise
          return appendOf(2)
        })
        await begun.promise
        await journal.append(SUBJECT, appendOf(1))
        await fill(journal, OTHER, 1)
        // What was committed by younger transactions has to wait: an older one may yet write before it.
        expect(places(await follower.goOn())).toEqual(['one 1'])
        expect(await journal.feed(undefined, 1)).toMatchObject({ more: false, withheld: false })
        const { cursor } = await journal.feed(undefined, 1)
        expect(await journal.feed(cursor, 1)).toEqual({ entries: [], cursor, more: false, withheld: true })
        goOn.resolve()
        await late
        await vi.waitFor(async () => expect(await follower.goOn()).toHaveLength(4))
        expect(places(follower.found).filter((place) => place.startsWith('one'))).toEqual(['one 1', 'one 2', 'one 3'])
        expect(places(follower.found)).toContain('two 1')
        // The late one has the lower id: by ids alone it would come before the record that it follows.
        const { rows } = await pool.query<{ ids: boolean; marks: boolean }>(
          `select b.xmin::text::bigint < a.xmin::text::bigint as ids, b.mark >= a.mark as marks
           from ${schema}.record a join ${schema}.record b using (subject) where a.n = 2 and b.n = 3`,
        )
        expect(rows).toEqual([{ ids: true, marks: true }])
      },
    )
  })

  test('keeps the order of a flip whose transaction was begun before an operator redacted, and ends after', async ({
    onTestFinished,
  }) => {
    const { schema, pool } = await tables(onTestFinished)
    const journal = postgresJournal(pool, { schema })
    const [begun, goOn] = [signal(), signal()]
    let turns = 0
    const lamp = chart('lamp', { version: 1 })
      .transaction<pg.PoolClient>()
      .phase('off', { initial: true })
      .phase('on')
      .flip('turn on', (f) =>
        f
          .from('off')
          .to('on')
          .transact('note', {
            run: async (tx) => {
              await tx.query(`insert into ${schema}.line values ('on')`)
              if (++turns === 1) return
              begun.resolve()
              await goOn.promise
            },
          }),
      )
      .flip('turn off', (f) => f.from('on').to('off'))
      .build()
    const desk = createGate(lamp, { journal }).subject('desk')
    for (const flip of ['turn on', 'turn off'] as const) await desk.flip(flip)
    const second = desk.flip('turn on')
    await begun.promise
    await desk.redact(1, { actor: { id: 'kim' }, reason: 'r' })
    goOn.resolve()
    await second
    await vi.waitFor(async () => expect((await journal.feed(undefined, 100)).entries).toHaveLength(9))
    const { entries } = await journal.feed(undefined, 100)
    expect(entries.map(({ sealed }) => (JSON.parse(sealed.header) as { kind: string }).kind)).toEqual(
      'requested stepped committed requested committed requested redacted stepped committed'.split(' '),
    )
    const { rows } = await pool.query<{ ids: boolean }>(
      `select b.xmin::text::bigint < a.xmin::text::bigint as ids
       from ${schema}.record a join ${schema}.record b using (subject) where a.n = 7 and b.n = 8`,
    )
    expect(rows).toEqual([{ ids: true }])
  })

  test('gives each record once and a subject in order, while many write in transactions of any length', async ({
    onTestFinished,
  }) => {
    const { schema, pool } = await tables(onTestFinished, 20)
    const journal = postgresJournal(pool, { schema })
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    const subjects = Array.from({ length: 8 }, (_, index): SubjectRef => ({ chart: 'c', id: `s${index}` }))
    const write = async (subject: SubjectRef): Promise<void> => {
      for (let version = 0; version < 15; version++) {
        if (Math.random() < 0.5) await journal.append(subject, appendOf(version))
        else
          await journal.transact(subject, async (tx) => {
            await tx.query(`insert into ${schema}.line values ('x')`)
            // Somebody else may write this subject while this transaction, whose id is older, is open.
            if (Math.random() < 0.5) await journal.append(subject, appendOf(version++))
            await pause(Math.random() * 15)
            return appendOf(version)
          })
      }
    }
    const follower = following(journal, 7)
    let isWriting = true
    const followed = (async () => {
      while (isWriting) await follower.goOn()
    })()
    await Promise.all(subjects.map(write))
    isWriting = false
    await followed
    const expected = await Promise.all(subjects.map((subject) => all(journal.history(subject))))
    await vi.waitFor(async () => expect(await follower.goOn()).toHaveLength(expected.flat().length), 20_000)
    for (const [index, { id }] of subjects.entries()) {
      const own = follower.found.filter(({ subject }) => subject.id === id)
      expect(own.map(({ sealed }) => sealed)).toEqual(expected[index])
    }
  })

  test('reads an index and no table from one end to the other, nor do those who look for what is stuck', async ({
    onTestFinished,
  }) => {
    const { schema, pool } = await tables(onTestFinished)
    await pool.query(`insert into ${schema}.head (chart, id, version, epoch, head, tip, running, stuck, lease_until, mark)
      select 'c', n::text, 10, 1, '{}', '', false, n % 5000 = 0, '-infinity', n from generate_series(1, 20000) n`)
    await pool.query(`insert into ${schema}.record (subject, n, header, payload, hash, mark)
      select s, n, repeat('x', 200), repeat('y', 200), '', s * 10 + n from generate_series(1, 2000) s, generate_series(1, 10) n`)
    await pool.query(`analyze ${schema}.head, ${schema}.record`)
    const { feed, stuck, lastMark } = statementsOf(schema)
    const plan = async ({ text }: { readonly text: string }, values: readonly string[]): Promise<string> => {
      const asked = text.replace(/\$(\d)/g, (_, place) => values[Number(place) - 1] ?? '')
      const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${asked}`)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    const plans = [
      await plan(feed, ['5000', '500', '3', '101']),
      await plan(lastMark, []),
      await plan(stuck, [`'c'`, '10']),
    ]
    expect(plans[0]).toMatch(/Index Scan using record_feed/)
    expect(plans[0]).toMatch(/Index Cond: \(\(ROW\(.*\) > ROW\(.*\)\) AND \(.*mark < /)
    expect(plans[1]).toMatch(/Index (?:Only )?Scan Backward using record_feed/)
    expect(plans[2]).toMatch(/Index.* head_stuck/)
    for (const each of plans) expect(each).not.toContain('Seq Scan')
  })

  test('leaves appends within their page', async ({ onTestFinished }) => {
    const { schema, pool } = await tables(onTestFinished, 1)
    const journal = postgresJournal(pool, { schema })
    await fill(journal, SUBJECT, 12)
    await pool.query('select pg_stat_force_next_flush()')
    const { rows } = await pool.query(
      `select n_tup_upd::int as updates, n_tup_hot_upd::int as hot from pg_stat_user_tables where schemaname = $1 and relname = 'head'`,
      [schema],
    )
    expect(rows).toEqual([{ updates: 11, hot: 11 }])
  })
})
