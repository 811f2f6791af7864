import { chart, createGate, memoryJournal } from 'phasegate'
import { redisLock } from 'phasegate/redis'
import { expect, test } from 'vitest'
import { describeWith, redisClient } from '../../servers/index.ts'
import { block, newPrefix, until } from './stage.ts'

interface Context {
  readonly signal: AbortSignal
  readonly subject: string
  readonly epoch: number
  assertHeld(): void
}

const track = chart('track', { version: 1 })
  .deps<{ drive(context: Context): unknown }>()
  .phase('empty', { initial: true })
  .phase('busy', { final: true })
  .flip('enter', (f) =>
    f
      .from('empty')
      .to('busy')
      .exclusive('r')
      .step('drive', { run: (context) => context.deps.drive(context) }),
  )
  .build()

describeWith('redis', 'flips with an exclusive resource on Redis', () => {
  test('go one at a time through two gates, each with a client and a journal of its own', async ({
    onTestFinished,
  }) => {
    const prefix = newPrefix()
    const log: string[] = []
    const drive = async ({ subject, assertHeld }: Context): Promise<void> => {
      log.push(`${subject} in`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      assertHeld()
      log.push(`${subject} out`)
    }
    const gates = [1, 2].map(() => {
      const lock = redisLock(redisClient(onTestFinished), { prefix })
      return createGate(track, { deps: { drive }, journal: memoryJournal(), lock })
    })
    const names = ['a', 'b', 'c']
    const flips = gates.flatMap((gate, n) =>
      names.map((name) => gate.subject(`${name}${n}`).flip('enter', undefined, { wait: '20s' })),
    )
    await Promise.all(flips)
    expect(log).toHaveLength(12)
    for (let at = 0; at < log.length; at += 2) expect(log[at + 1]).toBe(log[at]?.replace('in', 'out'))
    await Promise.all(gates.map((gate) => gate.close()))
  })

  test('know at once that they lost it after a blocked event loop', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const told: unknown[] = []
    const drive = ({ assertHeld }: Context): void => {
      assertHeld()
      block(150)
      try {
        assertHeld()
      } catch (error) {
        told.push(error)
        throw error
      }
    }
    const lock = redisLock(redisClient(onTestFinished), { prefix })
    const gate = createGate(track, { deps: { drive }, lock, leaseTtl: 150 })
    const { success } = await gate.subject('one').safeFlip('enter')
    expect(success).toBe(false)
    expect(told).toEqual([expect.objectContaining({ code: 'LEASE_LOST' })])
    await gate.close()
  })

  test('turn back when it was stolen, and take nothing from the thief', async ({ onTestFinished }) => {
    const prefix = newPrefix()
    const client = redisClient(onTestFinished)
    const drive = async ({ signal, assertHeld }: Context): Promise<void> => {
      await client.hset(`${prefix}{r}`, 'holder', 'a thief')
      await until(() => signal.aborted)
      expect(assertHeld).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }))
      assertHeld()
    }
    const gate = createGate(track, { deps: { drive }, lock: redisLock(client, { prefix }), leaseTtl: 900 })
    const { error } = await gate.subject('one').safeFlip('enter')
    expect(error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { failure: { code: 'RESOURCE_LOST' } } })
    expect(await client.hget(`${prefix}{r}`, 'holder')).toBe('a thief')
    await gate.close()
  })
})
