import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { redisLock } from 'phasegate/redis'
import { createClient } from 'redis'
import { test } from 'vitest'
import { lockContract } from '../../../src/testing/contracts/index.ts'
import { describeWith, redisClient } from '../../servers/index.ts'

const clock = { advance: (ms: number): Promise<void> => pause(ms) }
const prefix = (): string => `${randomUUID()}:`

describeWith('redis', 'a lock on Redis by ioredis', () => {
  test.for(lockContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
    await run({ lock: redisLock(redisClient(onTestFinished), { prefix: prefix() }), clock })
  })
})

describeWith('redis', 'a lock on Redis by node-redis', ({ url }) => {
  test.for(lockContract)('$promise: $name', async ({ run }, { onTestFinished }) => {
    const client = await createClient({ url }).connect()
    onTestFinished(() => client.destroy())
    await run({ lock: redisLock(client, { prefix: prefix() }), clock })
  })
})
