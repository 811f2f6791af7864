import type { SubjectRef } from 'phasegate'
import { postgresJournal } from 'phasegate/postgres'
import { expect, test, vi } from 'vitest'
import { appendOf, fill, SUBJECT } from '../../../src/testing/contracts/journal-samples.ts'
import { describeWith } from '../../servers/index.ts'
import { places, tables } from './following.ts'

const OTHER: SubjectRef = { chart: 'contract', id: 'two' }

describeWith('postgres', 'the feed of the PostgreSQL journal', () => {
  test('of tables that came from another server is JOURNAL_UNFIT until their owner has said so, and passes nothing over', async ({
    onTestFinished,
  }) => {
    const { schema, pool } = await tables(onTestFinished)
    const journal = postgresJournal(pool, { schema })
    for (const subject of [SUBJECT, OTHER]) await fill(journal, subject, 2)
    await vi.waitFor(async () => expect((await journal.feed(undefined, 10)).entries).toHaveLength(4))
    // As after a dump that is restored: what was given out has marks that this server will come to in a long time.
    const ahead = 1_000_000_000_000
    const given = (await journal.feed(undefined, 10)).cursor?.replace(/^\d+/, (mark) => String(Number(mark) + ahead))
    await pool.query(`alter table ${schema}.record disable trigger only_dropped;
      update ${schema}.record set mark = mark + ${ahead}; update ${schema}.head set mark = mark + ${ahead};
      alter table ${schema}.record enable trigger only_dropped`)
    const refusal = { code: 'JOURNAL_UNFIT', message: expect.stringContaining(`select ${schema}.restored()`) }
    await expect(journal.feed(given, 10)).rejects.toMatchObject(refusal)
    await expect(postgresJournal(pool, { schema }).open()).rejects.toMatchObject(refusal)
    // Who had it open goes on meanwhile, also with subjects that are new, alone or together.
    await journal.append(SUBJECT, appendOf(2))
    const isNew = (id: string): SubjectRef => ({ ...SUBJECT, id })
    await fill(journal, isNew('three'), 1)
    await Promise.all(['four', 'five'].map((id) => fill(journal, isNew(id), 1)))
    await expect(journal.feed(given, 10)).rejects.toMatchObject(refusal)
    await pool.query(`select ${schema}.restored()`)
    await postgresJournal(pool, { schema }).append(OTHER, appendOf(2))
    await fill(journal, isNew('six'), 1)
    await vi.waitFor(async () => expect((await journal.feed(given, 10)).entries).toHaveLength(6))
    const found = places((await journal.feed(given, 10)).entries)
    expect(found.toSorted()).toEqual(['five 1', 'four 1', 'one 3', 'six 1', 'three 1', 'two 3'])
    expect(places((await journal.feed(undefined, 20)).entries)).toHaveLength(10)
  })
})
