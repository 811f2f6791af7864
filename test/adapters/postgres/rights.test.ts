import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { chart, createGate } from 'phasegate'
import { migrate, postgresJournal, postgresLock, postgresSchema } from 'phasegate/postgres'
import { describe, expect, test, vi } from 'vitest'
import { appendOf } from '../../../src/testing/contracts/journal-samples.ts'
import { mortal, signal } from '../../gate/stage.ts'
import { describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

interface Deps {
  readonly isBroken?: boolean | undefined
  readonly waiting?: ((context: { readonly signal: AbortSignal }) => Promise<void>) | undefined
}

const press = chart('press', { version: 1 })
  .deps<Deps>()
  .phase('open', { initial: true })
  .phase('shut')
  .flip('shut', (f) =>
    f
      .from('open')
      .to('shut')
      .exclusive('hydraulics')
      .step('pump', { run: ({ deps, signal }) => deps.waiting?.({ signal }), compensate: () => undefined })
      .step('latch', {
        run: ({ deps }) => {
          if (deps.isBroken) throw new Error('the latch is broken')
        },
      }),
  )
  .flip('open', (f) => f.from('shut').to('open'))
  .build()

const TTL_MS = 400
const ORDER = { actor: { id: 'kim' }, reason: 'test' }

/** A role that may log in, and nothing else; dropped in the end. */
async function newRole(whenFinished: WhenFinished): Promise<string> {
  const role = `r_${randomUUID().replaceAll('-', '')}`
  const pool = postgresPool(whenFinished, { max: 1 })
  await pool.query(`create role ${role} login`)
  whenFinished(async () => void (await pool.query(`drop owned by ${role}; drop role ${role}`)))
  return role
}

/** Tables of somebody else, and a pool of a role that has been granted what `role` grants. */
async function stage(whenFinished: WhenFinished) {
  const role = await newRole(whenFinished)
  const schema = newSchema(whenFinished)
  const owner = postgresPool(whenFinished)
  await migrate(owner, { schema, role })
  return { role, schema, owner, pool: postgresPool(whenFinished, { user: role }) }
}

const DENIED = { code: '42501', message: expect.stringMatching(/permission denied/) }

describeWith('postgres', 'the role of an application', () => {
  describe.concurrent('with the grants of `role`', () => {
    test('runs a whole gate: keys, undo, adoption, cancel, force, prune, locks', async ({ onTestFinished }) => {
      const { schema, pool } = await stage(onTestFinished)
      const journal = postgresJournal(pool, { schema })
      const lock = postgresLock(pool, { schema })
      const options = { journal, lock, leaseTtl: TTL_MS }
      const gate = createGate(press, { ...options, deps: {} })
      const one = gate.subject('one')
      await one.flip('shut', undefined, { key: 'k' })
      expect(await one.flip('shut', undefined, { key: 'k' })).toMatchObject({ replayed: true })
      await one.flip('open')
      const broken = createGate(press, { ...options, deps: { isBroken: true } })
      expect((await broken.subject('one').safeFlip('shut')).error?.code).toBe('FLIP_ROLLED_BACK')
      await one.force('shut', ORDER)
      await one.prune({ ...ORDER, olderThan: 0 })
      expect(await journal.settled({ chart: 'press', id: 'one' }, 'k')).toBeUndefined()
      await Promise.all(['x', 'y', 'z'].map((id) => gate.subject(id).flip('shut', undefined, { wait: '5s' })))

      const begun = signal()
      const waiting = (context: { readonly signal: AbortSignal }): Promise<void> => {
        begun.resolve()
        return new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)))
      }
      const dead = mortal(journal)
      const dying = createGate(press, { ...options, journal: dead.journal, deps: { waiting } })
      const turned = dying.subject('turned').safeFlip('shut')
      await begun.promise
      const { flip } = await gate.subject('turned').state()
      await gate.subject('turned').cancel(flip?.id ?? '', ORDER)
      expect((await turned).error?.code).toBe('FLIP_ROLLED_BACK')

      void dying.subject('left').safeFlip('shut')
      await vi.waitFor(async () => expect((await gate.subject('left').state()).flip).toBeDefined())
      dead.die()
      await pause(TTL_MS + 50)
      expect((await gate.recover()).adopted.map(({ outcome }) => outcome)).toEqual(['committed'])
      for await (const { id } of journal.heads('press')) expect(id).toMatch(/^(?:one|x|y|z|turned|left)$/)
      expect(await journal.due('press', 1)).toEqual([])
    })

    test('can read and add records, drop payloads, and do nothing else with them', async ({ onTestFinished }) => {
      const { schema, pool, owner, role } = await stage(onTestFinished)
      await createGate(press, { journal: postgresJournal(pool, { schema }), deps: {} })
        .subject('one')
        .flip('shut', undefined, { wait: '5s' })
      const { rows } = await owner.query<{ name: string; rights: string }>(
        `select table_name as name, string_agg(privilege_type, ' ' order by privilege_type) as rights
         from information_schema.role_table_grants where grantee = $1 and table_schema = $2 group by 1 order by 1`,
        [role, schema],
      )
      const columns = await owner.query<{ name: string }>(
        `select c.table_name || '.' || c.column_name || ': ' || c.privilege_type as name
         from information_schema.role_column_grants c where c.grantee = $1 and c.table_schema = $2 and not exists (
           select from information_schema.role_table_grants t where (t.grantee, t.table_schema, t.table_name, t.privilege_type)
             = (c.grantee, c.table_schema, c.table_name, c.privilege_type)) order by 1`,
        [role, schema],
      )
      expect(columns.rows.map(({ name }) => name)).toEqual(['outcome.settled: UPDATE', 'record.payload: UPDATE'])
      expect(rows.map(({ name, rights }) => `${name}: ${rights}`)).toEqual([
        'bookmark: INSERT SELECT UPDATE',
        'head: INSERT SELECT UPDATE',
        'lease: INSERT SELECT UPDATE',
        'outcome: DELETE INSERT SELECT',
        'record: INSERT SELECT',
        'timeline: SELECT',
        'version: SELECT',
      ])
      for (const order of [`update ${schema}.record set header = ''`, `delete from ${schema}.record`])
        await expect(pool.query(order)).rejects.toMatchObject(DENIED)
      for (const table of ['record', 'head', 'lease', 'outcome', 'version', 'bookmark'])
        await expect(pool.query(`truncate ${schema}.${table}`)).rejects.toMatchObject(DENIED)
      for (const table of ['head', 'lease', 'version', 'bookmark'])
        await expect(pool.query(`delete from ${schema}.${table}`)).rejects.toMatchObject(DENIED)
      expect((await pool.query(`select from ${schema}.timeline`)).rowCount).toBe(4)
    })

    test('follows the feed, keeps bookmarks and drops payloads', async ({ onTestFinished }) => {
      const { schema, pool } = await stage(onTestFinished)
      const journal = postgresJournal(pool, { schema })
      const gate = createGate(press, { journal, deps: {} })
      await gate.subject('one').flip('shut', undefined, { key: 'k', wait: '5s' })
      const one = { chart: 'press', id: 'one' }
      const head = await journal.read(one)
      await journal.append(one, appendOf(head?.version ?? 0, { drop: [1, 2] }))
      expect((await journal.settled(one, 'k'))?.outcome).toEqual({ type: 'committed', outputs: {} })
      await vi.waitFor(async () => expect((await journal.feed(undefined, 10)).entries).toHaveLength(5))
      const { entries } = await journal.feed(undefined, 10)
      expect(entries.map(({ sealed }) => sealed.payload === '')).toEqual([true, true, false, false, false])
      expect(await journal.moveBookmark('audit', undefined, 'here')).toBe(true)
      expect(await journal.bookmark('audit')).toBe('here')
      for await (const { n } of journal.tips()) expect(n).toBe(5)
    })

    test('cannot say that the tables were restored', async ({ onTestFinished }) => {
      const { schema, pool } = await stage(onTestFinished)
      await expect(pool.query(`select ${schema}.restored()`)).rejects.toMatchObject(DENIED)
    })

    test('is granted the same by the printed SQL', async ({ onTestFinished }) => {
      const role = await newRole(onTestFinished)
      const schema = newSchema(onTestFinished)
      await postgresPool(onTestFinished).query(postgresSchema({ schema, role }))
      const gate = createGate(press, {
        journal: postgresJournal(postgresPool(onTestFinished, { user: role }), { schema }),
        deps: {},
      })
      expect(await gate.subject('one').flip('shut', undefined, { wait: '5s' })).toMatchObject({ to: 'shut' })
    })
  })

  test('without any grant is told to run migrate', async ({ onTestFinished }) => {
    const role = await newRole(onTestFinished)
    const schema = newSchema(onTestFinished)
    await migrate(postgresPool(onTestFinished), { schema })
    const journal = postgresJournal(postgresPool(onTestFinished, { user: role }), { schema })
    await expect(journal.open()).rejects.toMatchObject({
      code: 'JOURNAL_UNFIT',
      message: expect.stringMatching(/permission denied.*migrate/),
    })
  })

  test('cannot make the tables', async ({ onTestFinished }) => {
    const role = await newRole(onTestFinished)
    const pool = postgresPool(onTestFinished, { user: role })
    await expect(migrate(pool, { schema: newSchema(onTestFinished) })).rejects.toMatchObject(DENIED)
  })
})

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  record: [
    "update record set payload = 'x'",
    "update record set payload = '', header = ''",
    "update record set payload = '', mark = 0",
    "update record set payload = '', n = n + 100",
    "update record set payload = '', op = 'x'",
    'update record set payload = payload',
    'delete from record',
    'truncate record',
    'delete from record where false',
  ],
  head: ['delete from head', 'truncate head'],
  lease: ['delete from lease', 'truncate lease'],
}

describeWith('postgres', 'the owner of the tables', () => {
  test.for(Object.keys(REFUSED))('is stopped by a trigger on %s', async (table, { onTestFinished }) => {
    const { owner, schema } = await stage(onTestFinished)
    const gate = createGate(press, { journal: postgresJournal(owner, { schema }), deps: {} })
    await gate.subject('one').flip('shut', undefined, { wait: '5s' })
    for (const order of REFUSED[table] ?? []) {
      const sent = owner.query(order.replace(table, `${schema}.${table}`))
      await expect(sent, order).rejects.toMatchObject({ code: '23001', message: expect.stringMatching(/is refused/) })
    }
    expect((await owner.query(`select from ${schema}.record`)).rowCount).toBe(4)
  })
})
