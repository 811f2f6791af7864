import type pg from 'pg'
import { chart, createGate } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import { expect, test, vi } from 'vitest'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'

interface Deps {
  readonly lift: (subject: string) => Promise<void>
}

const crane = chart('crane', { version: 1 })
  .deps<Deps>()
  .phase('low', { initial: true })
  .phase('high')
  .flip('lift', (f) =>
    f
      .from('low')
      .to('high')
      .step('hoist', { run: ({ deps, subject }) => deps.lift(subject) }),
  )
  .flip('lower', (f) => f.from('high').to('low'))
  .build()

const FLIPS = 200
const GATES = 25

/** The pool, and how many statements it was sent. */
function counted(pool: pg.Pool) {
  const sent: string[] = []
  const query = (config: { name?: string; text: string; values?: unknown[] }) => {
    sent.push(config.name ?? config.text)
    return pool.query(config)
  }
  return { pool: Object.assign(Object.create(pool) as pg.Pool, { query }), sent }
}

describeWith('postgres', 'many gates that look for abandoned flips at the same moment', () => {
  test('share them: each is adopted once, and few look at what another has taken', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished, { max: 20 })
    await migrate(pool, { schema })
    await abandon(pool, schema)

    const { pool: watched, sent } = counted(pool)
    const lifted: string[] = []
    let atOnce = 0
    let mostAtOnce = 0
    const deps: Deps = {
      lift: async (subject) => {
        mostAtOnce = Math.max(mostAtOnce, ++atOnce)
        lifted.push(subject)
        await new Promise((resolve) => setTimeout(resolve, 5))
        atOnce -= 1
      },
    }
    const gates = Array.from({ length: GATES }, () =>
      createGate(crane, { deps, journal: postgresJournal(watched, { schema }), poll: '200ms' }),
    )
    onTestFinished(async () => void (await Promise.all(gates.map((gate) => gate.close()))))
    const recoveries = await Promise.all(gates.map((gate) => gate.recover()))

    const adopted = recoveries.flatMap((recovery) => recovery.adopted.map(({ subject }) => subject))
    expect(adopted).toHaveLength(FLIPS)
    expect(new Set(adopted).size).toBe(FLIPS)
    expect(lifted.toSorted()).toEqual(adopted.toSorted())
    const busiest = Math.max(...recoveries.map((recovery) => recovery.adopted.length))
    expect(busiest).toBeLessThan((FLIPS / GATES) * 4)
    expect(mostAtOnce).toBeLessThanOrEqual(GATES * 4)
    // 4 for each: its head, whether it is abandoned, the adoption, the end. The rest is looking, and being too late.
    expect(sent.length / FLIPS).toBeLessThan(12)
  })
})

/** Leaves flips in progress that nobody owns. */
async function abandon(pool: pg.Pool, schema: string): Promise<void> {
  let begun = 0
  const deps: Deps = {
    lift: () => {
      begun += 1
      return new Promise(() => undefined)
    },
  }
  const gate = createGate(crane, { deps, journal: postgresJournal(pool, { schema }), leaseTtl: '2s' })
  for (let n = 0; n < FLIPS; n++) void gate.subject(`crane-${n}`).safeFlip('lift')
  await vi.waitFor(() => expect(begun).toBe(FLIPS), { timeout: 10_000 })
  await gate.close({ within: 0 })
  await pool.query(`update ${schema}.head set lease_until = '-infinity'`)
}
