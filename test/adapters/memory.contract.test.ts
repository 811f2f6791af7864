import { describe, test } from 'vitest'
import { memoryJournal, memoryLock } from '../../src/adapters/memory/index.ts'
import { journalContract, lockContract } from '../../src/testing/contracts/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'

describe('the memory journal keeps promise', () => {
  test.each(journalContract)('$promise: $name', async ({ run }) => {
    const clock = virtualClock()
    await run({ journal: memoryJournal({ clock }), clock, reopen: undefined })
  })
})

describe('the memory lock keeps promise', () => {
  test.each(lockContract)('$promise: $name', async ({ run }) => {
    const clock = virtualClock()
    await run({ lock: memoryLock({ clock }), clock })
  })
})
