import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { expect, test } from 'vitest'
import { connect, furnish } from '../../examples/schema-migration/database.ts'
import { LAYOUTS, type Phase, read, readAll, write } from '../../examples/schema-migration/layout.ts'
import { migration, PLAN } from '../../examples/schema-migration/migration.ts'
import { announce, enter, leave, writersBehind } from '../../examples/schema-migration/register.ts'
import { describeWith, newSchema, type WhenFinished } from '../servers/index.ts'
import { proofOf, run } from './run.ts'

describeWith('postgres', 'the example of a schema migration', ({ url }) => {
  test('loses nothing, though its processes write all the time and one of them is killed', async ({
    onTestFinished,
  }) => {
    const { code, said } = await run('examples/schema-migration/index.ts', onTestFinished, { DATABASE_URL: url })
    expect(said).toMatch(/kill -9 in the middle of chunk 6/)
    expect(said).toMatch(/has adopted backfill/)
    expect(proofOf(said)).toEqual([
      '✔ no write and no read failed',
      expect.stringMatching(/^✔ \d{3,} writes were acknowledged: 0 lost$/),
      expect.stringMatching(/^✔ \d+ rows are as their last writer left them: 0 corrupt$/),
      expect.stringMatching(/^✔ \d{3,} reads by the phase of their reader: 0 wrong$/),
      expect.stringMatching(/^✔ \d+ rows compared before the old column was let go: 0 differ$/),
      '✔ 12 of 12 chunks filled by 2 processes, one of them killed: 0 twice',
      '✔ the phase is "contracted"; the columns are id, revision, given_name, family_name',
    ])
    expect(code).toBe(0)
  }, 60_000)

  test('does not fill over a writer that forgets to write both', async ({ onTestFinished }) => {
    const forgets = (db: Pool) => write(db, LAYOUTS.old, { id: 1, given: 'Kim', family: 'as before' })
    const { customers } = await furnished(
      url,
      onTestFinished,
      async (db, chunk) => void (chunk === 12 && (await forgets(db))),
    )
    await customers.flip('expand')
    expect((await customers.safeFlip('backfill')).error).toMatchObject({
      code: 'FLIP_ROLLED_BACK',
      facts: { failure: { step: 'old and new agree', message: expect.stringContaining('1 rows differ') } },
    })
    expect(await customers.phase()).toBe('dual')
  })

  test('is right for who sees the phase one behind, whoever of two neighbours writes last', async ({
    onTestFinished,
  }) => {
    const { db, customers } = await furnished(url, onTestFinished)
    let behind: Phase = 'old'
    let id = 0
    for (const flip of PLAN) {
      await customers.flip(flip)
      const phase = await customers.phase()
      for (const [first, last] of [
        [behind, phase],
        [phase, behind],
      ] as const) {
        id += 1
        await write(db, LAYOUTS[first], { id, given: 'Kim', family: `as in ${first}` })
        await write(db, LAYOUTS[last], { id, given: 'Sam', family: `as in ${last}` })
        for (const reader of first === 'old' || last === 'old' ? (['old', 'dual'] as const) : [first, last])
          expect(await read(db, LAYOUTS[reader], id)).toMatchObject({ name: `Sam as in ${last}`, revision: 3 })
      }
      behind = phase
    }
    const names = (await readAll(db, LAYOUTS.contracted)).map(({ name }) => name)
    expect(names).toEqual(
      PLAN.flatMap((_, index) => {
        const [earlier, later] = Object.keys(LAYOUTS).slice(index, index + 2)
        return [`Sam as in ${later}`, `Sam as in ${earlier}`]
      }),
    )
  })

  test('takes no flip before every writer has followed the one before, or was struck off', async ({
    onTestFinished,
  }) => {
    const { db, customers } = await furnished(url, onTestFinished)
    await enter(db, 'early')
    await announce(db, 'early', 'old')
    await enter(db, 'new')
    const refused = { code: 'GUARD_REFUSED', facts: { reason: 'not in "old" yet: new' } }
    expect((await customers.safeFlip('expand')).error).toMatchObject(refused)
    await leave(db, 'new')
    await customers.flip('expand')
    expect(await writersBehind(db, 'dual')).toEqual(['early'])
    expect((await customers.safeFlip('backfill')).error).toMatchObject({ code: 'GUARD_REFUSED' })
    await announce(db, 'early', 'dual')
    await customers.flip('backfill')
  })
})

test('the example of a schema migration says what it needs', async ({ onTestFinished }) => {
  const { code } = await run('examples/schema-migration/index.ts', onTestFinished, { DATABASE_URL: undefined })
  expect(code).toBe(2)
})

/** A table of ten customers, before its migration. */
async function furnished(
  url: string,
  whenFinished: WhenFinished,
  halfway: (db: Pool, chunk: number) => Promise<void> = async () => undefined,
) {
  const place = { url, schema: newSchema(whenFinished) }
  const db = connect(place)
  whenFinished(() => db.end())
  await migrate(db, { schema: place.schema })
  await furnish(db, 2 * PLAN.length)
  const deps = { db, halfway: (chunk: number) => halfway(db, chunk) }
  const gate = createGate(migration, { deps, journal: postgresJournal(db, { schema: place.schema }) })
  whenFinished(async () => void (await gate.close()))
  return { db, customers: gate.subject(randomUUID()) }
}
