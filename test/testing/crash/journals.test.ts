import { describe, expect, test } from 'vitest'
import { fileJournal } from '../../../src/adapters/file/index.ts'
import { migrate, postgresJournal } from '../../../src/adapters/postgres/index.ts'
import { crashEverywhere } from '../../../src/testing/index.ts'
import { newFolder } from '../../adapters/file/folder.ts'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'
import { fakes, server } from '../simulate/sample.ts'

const observe = ({ lb, pool }: ReturnType<typeof fakes>): unknown => [lb.cordoned, pool.open]

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
    const advance = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms + 5))
    const report = await crashEverywhere(server, 'drain', {
      deps: fakes,
      // Each run has a subject of its own name.
      observe: ({ lb, pool }) => [lb.cordoned.size, pool.open],
      failures: false,
      leaseTtl: '100ms',
      journal: { journal: postgresJournal(pool, { schema }), clock: { advance } },
    })
    expect(report.crashes).toBeGreaterThan(8)
    expect(report.zombies).toBeGreaterThan(8)
  })
})
