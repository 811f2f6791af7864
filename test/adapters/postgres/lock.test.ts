import { setTimeout as pause } from 'node:timers/promises'
import { migrate, postgresLock } from 'phasegate/postgres'
import { lockContract } from 'phasegate/testing'
import { describe, test } from 'vitest'
import { describeWith, newSchema, postgresPool } from '../../servers/index.ts'

describeWith('postgres', 'the PostgreSQL lock', () => {
  describe.concurrent('keeps promise', () => {
    test.for(lockContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
      const schema = newSchema(onTestFinished)
      const pool = postgresPool(onTestFinished, { max: 20 })
      await migrate(pool, { schema })
      await run({ lock: postgresLock(pool, { schema }), clock: { advance: (ms) => pause(ms + 5) } })
    })
  })
})
