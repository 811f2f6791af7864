import type pg from 'pg'
import type { Head, SubjectRef } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { expect, test, vi } from 'vitest'
import { migrations } from '../../../src/adapters/postgres/migrations.ts'
import { sealAll } from '../../../src/audit/index.ts'
import { all, appendOf, flipOf, headOf, recordOf, settledOf } from '../../../src/testing/contracts/journal-samples.ts'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'

const failure = { code: 'STEP_FAILED', message: 'no' } as const
const HEADS: Readonly<Record<string, Head>> = {
  'at rest': headOf(3, 1, { phase: '"flip":{', timers: [{ flip: 'flip', at: 1 }] }),
  running: headOf(3, 1, { flip: flipOf() }),
  stuck: headOf(3, 1, {
    flip: flipOf({ course: { type: 'stuck', doing: 'run', step: 's', failure, then: { type: 'forward' } } }),
  }),
}
const subjectOf = (id: string): SubjectRef => ({ chart: 'c', id })

/** Tables of version 1, with three subjects of three records each, as that version wrote them. */
async function versionOne(pool: pg.Pool, schema: string): Promise<void> {
  await pool.query(`create schema ${schema};
    create table ${schema}.version (version int primary key, since timestamptz not null default now());
    ${migrations(schema)[0]}
    insert into ${schema}.version values (1)`)
  for (const [id, head] of Object.entries(HEADS)) {
    const sealed = sealAll(subjectOf(id), [recordOf(1), recordOf(2), recordOf(3)], undefined)
    const { rows } = await pool.query<{ subject: string }>(
      `insert into ${schema}.head (chart, id, version, epoch, head, tip, running, lease_until)
       values ('c', $1, 3, 1, $2, $3, $4, '-infinity') returning subject`,
      [id, JSON.stringify(head), sealed.at(-1)?.hash, id === 'running'],
    )
    for (const [index, { header, payload, hash }] of sealed.entries())
      await pool.query(`insert into ${schema}.record values ($1, $2, $3, $4, $5, $6)`, [
        rows[0]?.subject,
        index + 1,
        `op-${index}`,
        header,
        payload,
        hash,
      ])
    await pool.query(`insert into ${schema}.outcome values ($1, 'k', 1, $2, 1)`, [
      rows[0]?.subject,
      JSON.stringify(settledOf('k', 'flip-1')),
    ])
  }
}

async function files(pool: pg.Pool, schema: string): Promise<unknown> {
  const tables = ['head', 'record', 'outcome'].map((table) => `pg_relation_filenode('${schema}.${table}') as ${table}`)
  return (await pool.query(`select ${tables.join(', ')}`)).rows[0]
}

describeWith('postgres', 'tables of version 1', () => {
  test('become those of this version with all that is in them, and none is written anew', async ({
    onTestFinished,
  }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await versionOne(pool, schema)
    const journal = postgresJournal(pool, { schema })
    await expect(journal.open()).rejects.toMatchObject({
      code: 'JOURNAL_UNFIT',
      facts: { found: expect.stringContaining('version 1') },
    })
    const before = await files(pool, schema)
    await migrate(pool, { schema })
    expect(await files(pool, schema)).toEqual(before)

    expect(await journal.stuck('c', 10)).toEqual(['stuck'])
    expect(await journal.abandoned('c', 10)).toEqual(['running'])
    await journal.append(subjectOf('at rest'), appendOf(3, { drop: [2] }))
    expect((await journal.settled(subjectOf('at rest'), 'k'))?.outcome).toEqual({ type: 'committed', outputs: {} })
    await vi.waitFor(async () => expect((await journal.feed(undefined, 100)).entries).toHaveLength(10))
    const { entries } = await journal.feed(undefined, 100)
    for (const id of Object.keys(HEADS)) {
      const own = entries.filter(({ subject }) => subject.id === id).map(({ sealed }) => sealed)
      expect(own).toEqual(await all(journal.history(subjectOf(id))))
    }
    expect(entries.filter(({ sealed }) => sealed.payload === '')).toHaveLength(1)
  })

  test('are no longer written to by who only knows that version: its records would be passed over', async ({
    onTestFinished,
  }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await versionOne(pool, schema)
    await migrate(pool, { schema })
    const written = pool.query(
      `insert into ${schema}.record (subject, n, header, payload, hash) values (1, 4, 'h', 'p', '')`,
    )
    await expect(written).rejects.toMatchObject({ code: '23502' })
  })
})
