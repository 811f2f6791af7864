import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { statementsOf } from '../../../src/adapters/postgres/statements.ts'
import { appendOf, flipOf, headOf } from '../../../src/testing/contracts/journal-samples.ts'
import { describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

const ABANDONED = { head: headOf(1, 1, { flip: flipOf() }), lease: 'release' } as const
const DUE = { head: headOf(1, 1, { timers: [{ flip: 'go', at: 1 }] }) } as const

async function opened(whenFinished: WhenFinished) {
  const schema = newSchema(whenFinished)
  const pool = postgresPool(whenFinished)
  await migrate(pool, { schema })
  return { schema, pool, journal: postgresJournal(pool, { schema, timeout: '1s' }) }
}

describeWith('postgres', 'who looks for what is abandoned or due', () => {
  describe.concurrent('in PostgreSQL', () => {
    test.for([
      ['abandoned', ABANDONED],
      ['due', DUE],
    ] as const)('waits for nobody who is at it: %s', async ([what, change], { onTestFinished }) => {
      const { schema, pool, journal } = await opened(onTestFinished)
      for (const id of ['taken', 'free']) await journal.append({ chart: 'c', id }, appendOf(0, change))
      const other = await pool.connect()
      await other.query(`begin; select from ${schema}.head where id = 'taken' for no key update`)
      expect(await journal[what]('c', 10)).toEqual(['free'])
      await other.query('rollback')
      other.release()
      expect((await journal[what]('c', 10)).toSorted()).toEqual(['free', 'taken'])
    })

    test('reads an index of what is running or has a timer, not the heads', async ({ onTestFinished }) => {
      const { schema, pool } = await opened(onTestFinished)
      await pool.query(`insert into ${schema}.head (chart, id, version, epoch, head, tip, running, stuck, lease_until, due_at, mark)
        select 'c', n::text, 1, 1, '{}', '', n % 1000 = 0, false, '-infinity', case when n % 1000 = 1 then now() end, 1
        from generate_series(1, 20000) n`)
      await pool.query(`analyze ${schema}.head`)
      const { abandoned, due } = statementsOf(schema)
      const plan = async ({ text }: { readonly text: string }): Promise<string> => {
        const asked = text.replace('$1', `'c'`).replace('$2', '16')
        const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain ${asked}`)
        return rows.map((row) => row['QUERY PLAN']).join('\n')
      }
      expect(await plan(abandoned)).toMatch(/Index.* (?:using|on) head_running/)
      expect(await plan(due)).toMatch(/Index.* (?:using|on) head_due/)
      for (const statement of [abandoned, due]) expect(await plan(statement)).not.toContain('Seq Scan')
    })
  })
})
