import { setTimeout as pause } from 'node:timers/promises'
import { clockContract, virtualClock } from 'phasegate/testing'
import { describe, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'

describe('the clock of the machine keeps promise', () => {
  test.each(clockContract)('$promise: $name', ({ run }) =>
    run({ clock: systemClock, advance: async (ms) => void (await pause(ms)) }),
  )
})

describe('a virtual clock keeps promise', () => {
  test.each(clockContract)('$promise: $name', async ({ run }) => {
    const clock = virtualClock()
    await run({ clock, advance: (ms) => clock.advance(ms) })
  })
})
