import { setTimeout as pause } from 'node:timers/promises'
import type { Journal } from 'phasegate'
import { migrate, postgresJournal } from 'phasegate/postgres'
import postgres from 'postgres'
import { describe, test } from 'vitest'
import { type JournalHarness, journalContract } from '../../../src/testing/contracts/index.ts'
import { connection, describeWith, newSchema, postgresPool, type WhenFinished } from '../../servers/index.ts'

/** The time of the server cannot be set: it passes. */
const clock = { now: () => Date.now(), advance: (ms: number) => pause(ms + 5) }

async function harness(schema: string, whenFinished: WhenFinished, open: () => Journal): Promise<JournalHarness> {
  await migrate(postgresPool(whenFinished), { schema })
  return { journal: open(), clock, reopen: async () => open() }
}

describeWith('postgres', 'the PostgreSQL journal', (facts) => {
  describe.concurrent('by a pool of pg, keeps promise', () => {
    test.for(journalContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      await run(await harness(schema, onTestFinished, () => postgresJournal(postgresPool(onTestFinished), { schema })))
    })
  })

  describe.concurrent('by postgres(), keeps promise', () => {
    test.for(journalContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const { host, port, user, database } = connection(facts)
      const sql = postgres({ host, port, user, database, max: 5 } as postgres.Options<never>)
      onTestFinished(() => sql.end())
      await run(await harness(schema, onTestFinished, () => postgresJournal(sql, { schema })))
    })
  })
})
