import { setTimeout as pause } from 'node:timers/promises'
import { withLease } from 'phasegate'
import { migrate, postgresLock } from 'phasegate/postgres'
import { describe, expect, test } from 'vitest'
import { lockContract } from '../../../src/testing/contracts/index.ts'
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

  test('routines that need one resource go one at a time, each with a larger token than the one before', async ({
    onTestFinished,
  }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished, { max: 20 })
    await migrate(pool, { schema })
    let inside = 0
    const tokens: number[] = []
    const routine = async ({ epoch }: { readonly epoch: number }): Promise<void> => {
      expect(++inside).toBe(1)
      tokens.push(epoch)
      await pause(10)
      inside -= 1
    }
    const asked = Array.from({ length: 6 }, () =>
      withLease(postgresLock(pool, { schema }), 'the press', { ttl: '5s', wait: '20s' }, routine),
    )
    await Promise.all(asked)
    expect(tokens).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('a routine whose lease was taken by another learns it at the next heartbeat', async ({ onTestFinished }) => {
    const schema = newSchema(onTestFinished)
    const pool = postgresPool(onTestFinished)
    await migrate(pool, { schema })
    const held = withLease(postgresLock(pool, { schema }), 'the press', { ttl: '600ms' }, async ({ signal }) => {
      await pool.query(`update ${schema}.lease set holder = 'a thief', epoch = epoch + 1`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    })
    await expect(held).rejects.toMatchObject({ code: 'LEASE_LOST', facts: { resource: 'the press', epoch: 1 } })
    const { rows } = await pool.query<{ holder: string }>(`select holder from ${schema}.lease`)
    expect(rows).toEqual([{ holder: 'a thief' }])
  })
})
