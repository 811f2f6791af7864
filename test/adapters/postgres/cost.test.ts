import { createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { describeWith, postgresPool, type WhenFinished } from '../../servers/index.ts'
import { shuttle } from './shuttle.ts'
import { newDatabase, opened, type Sent } from './stage.ts'

/** Without the shape of an append that is alone. */
const kinds = (sent: readonly Sent[]): readonly string[] => sent.map(({ name }) => name.replace(/_.*/, ''))
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A gate alone in its database, and how many commits that has seen. */
async function measured(whenFinished: WhenFinished) {
  const database = await newDatabase(whenFinished)
  const outside = postgresPool(whenFinished, { max: 1 })
  const pool = postgresPool(whenFinished, { database, max: 1 })
  await migrate(pool)
  const gate = createGate(shuttle, { deps: { effects: [] }, journal: postgresJournal(pool) })
  /** Its own question included. */
  const commits = async (): Promise<number> => {
    await pool.query('select pg_stat_force_next_flush()')
    const { rows } = await outside.query<{ commits: string }>(
      'select xact_commit as commits from pg_stat_database where datname = $1',
      [database],
    )
    return Number(rows[0]?.commits)
  }
  return { shuttle: gate.subject('one'), commits }
}

describeWith('postgres', 'what the PostgreSQL journal costs', () => {
  describe.concurrent('a flip', () => {
    test.for([undefined, 'key'])(
      'of 3 steps is 4 statements where this process wrote last (key: %s)',
      async (key, { onTestFinished }) => {
        const { journal, sent } = await opened(onTestFinished)
        const one = createGate(shuttle, { deps: { effects: [] }, journal }).subject('one')
        await one.flip('go', undefined, { key: key && `${key} 1` })
        sent.length = 0
        await one.flip('return', undefined, { key: key && `${key} 2` })
        expect(kinds(sent)).toEqual(['append', 'append', 'append', 'append'])
      },
    )

    test.for([undefined, 'key'])('of 3 steps is 4 commits of the server (key: %s)', async (key, { onTestFinished }) => {
      const { shuttle, commits } = await measured(onTestFinished)
      await shuttle.flip('go', undefined, { key: key && `${key} 0` })
      const found: number[] = []
      // Housekeeping of the server may commit something, but not three times in a row.
      for (const flip of ['return', 'go', 'return'] as const) {
        const before = await commits()
        await shuttle.flip(flip, undefined, { key: key && `${key} ${found.length + 1}` })
        found.push((await commits()) - before - 1)
      }
      expect(Math.min(...found)).toBe(4)
    })

    test.for([undefined, 'key'])(
      'is one read more where its subject is not known yet (key: %s)',
      async (key, { onTestFinished }) => {
        const { journal, sent } = await opened(onTestFinished)
        const subject = () => createGate(shuttle, { deps: { effects: [] }, journal }).subject('one')
        await subject().flip('go', undefined, { key: key && `${key} 1` })
        expect(kinds(sent)).toEqual(['read', 'append', 'append', 'append', 'append'])
        sent.length = 0
        await subject().flip('return', undefined, { key: key && `${key} 2` })
        expect(kinds(sent)).toEqual(['read', 'append', 'append', 'append', 'append'])
      },
    )

    test('sends nothing before it, nor after it: nothing happens, and nobody asks', async ({ onTestFinished }) => {
      const { journal, sent } = await opened(onTestFinished)
      const gate = createGate(shuttle, { deps: { effects: [] }, journal, leaseTtl: 150, poll: 10 })
      const one = gate.subject('one')
      await pause(100)
      expect(sent).toEqual([])
      await one.flip('go')
      sent.length = 0
      await pause(200)
      expect(sent).toEqual([])
    })
  })
})
