import type { PoolClient } from 'pg'
import { describe, expect, test } from 'vitest'
import { fileJournal } from '../../../src/adapters/file/index.ts'
import { migrate, postgresJournal } from '../../../src/adapters/postgres/index.ts'
import { chart } from '../../../src/index.ts'
import { crashEverywhere } from '../../../src/testing/index.ts'
import { newFolder } from '../../adapters/file/folder.ts'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'
import { fakes, server } from '../simulate/sample.ts'

const observe = ({ lb, pool }: ReturnType<typeof fakes>): unknown => [lb.cordoned, pool.open]

/** The time of a server cannot be set: it passes. */
const advance = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms + 5))

/** Each run waits for a lease to run out, and has to do its own part within it on a busy machine. */
const realTime = { leaseTtl: '300ms', zombies: false } as const

const stocked = (schema: string) =>
  chart('stock', { version: 1 })
    .deps<{ told: string[] }>()
    .transaction<PoolClient>()
    .phase('open', { initial: true })
    .phase('reserved', { final: true })
    .flip('reserve', (f) =>
      f
        .from('open')
        .to('reserved')
        .transact('take', {
          run: async (tx, { subject }) => {
            await tx.query(`INSERT INTO ${schema}.stock (subject) VALUES ($1)`, [subject])
            return 1
          },
          compensate: async (tx, { subject }) => {
            await tx.query(`DELETE FROM ${schema}.stock WHERE subject = $1`, [subject])
          },
        })
        .step('tell', { run: ({ deps, subject }) => void deps.told.push(subject) }),
    )
    .build()

describe('a flip survives a crash anywhere', () => {
  test('on a file journal, opened for each run', async () => {
    const report = await crashEverywhere(server, 'drain', {
      deps: fakes,
      observe,
      failures: false,
      journal: (clock) => fileJournal(newFolder(), { clock }),
    })
    expect(report.crashes).toBeGreaterThan(8)
  })
})

describeWith('postgres', 'a flip survives a crash anywhere', () => {
  test('on PostgreSQL, where leases run out by the clock of the server', async ({ onTestFinished }) => {
    const pool = postgresPool(onTestFinished)
    const schema = newSchema(onTestFinished)
    await migrate(pool, { schema })
    const report = await crashEverywhere(server, 'drain', {
      deps: fakes,
      // Each run has a subject of its own name.
      observe: ({ lb, pool }) => [lb.cordoned.size, pool.open],
      failures: false,
      ...realTime,
      journal: { journal: postgresJournal(pool, { schema }), clock: { advance } },
    })
    expect(report.crashes).toBeGreaterThan(8)
  })

  test('with a step that is a transaction, done exactly once', async ({ onTestFinished }) => {
    const pool = postgresPool(onTestFinished)
    const schema = newSchema(onTestFinished)
    await migrate(pool, { schema })
    await pool.query(`CREATE TABLE ${schema}.stock (subject text, at int GENERATED ALWAYS AS IDENTITY)`)
    const report = await crashEverywhere(stocked(schema), 'reserve', {
      deps: () => ({ told: [] }),
      observe: async (_, subject) => {
        const { rows } = await pool.query(`SELECT count(*)::int FROM ${schema}.stock WHERE subject = $1`, [subject])
        return rows
      },
      ...realTime,
      journal: { journal: postgresJournal(pool, { schema }), clock: { advance } },
    })
    expect(report.variants).toEqual(['undisturbed', 'step "take" fails', 'step "tell" fails'])
    expect(report.crashes).toBeGreaterThan(20)
  })
})
