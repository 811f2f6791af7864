import { chart, createGate, memoryJournal, type TransactionalJournal, terminal } from 'phasegate'
import { expect, test } from 'vitest'
import { open, order, shop } from './order.ts'
import { isPending, kinds, records, signal, timed } from './stage.ts'
import type { Tx } from './till.ts'

const never = (): Promise<never> => new Promise(() => undefined)

test('a transact step commits its writes together with its checkpoint, and its result is an output', async () => {
  const { order, store } = open({ ship: ({ outputs }) => outputs })
  const { outputs } = await order.flip('place')
  expect(outputs).toEqual({ reserve: { count: 1 }, ship: { reserve: { count: 1 } } })
  expect([...store.rows]).toEqual([['reserved', 1]])
  expect(await kinds(order)).toEqual(['requested', 'stepped', 'stepped', 'committed'])
})

test('a flip whose last step is a transaction commits in it', async () => {
  const { order, store } = open()
  expect(await order.flip('reserve only')).toMatchObject({ to: 'placed', epoch: 1 })
  expect(store.opened).toBe(1)
  expect(await kinds(order)).toEqual(['requested', 'stepped', 'committed'])
})

test('every record of a transaction is told to the gate', async () => {
  const { order, gate } = open()
  const told: string[] = []
  for (const event of ['flip.stepped', 'flip.committed'] as const) gate.on(event, () => told.push(event))
  await order.flip('reserve only')
  expect(told).toEqual(['flip.stepped', 'flip.committed'])
})

test('a transact step gets what every step gets', async () => {
  const { order } = open({
    reserve: ({ epoch, stepKey, flipId, assertHeld, subject, from, to }) => {
      assertHeld()
      return { epoch, key: stepKey === `${flipId}:reserve`, subject, from, to }
    },
  })
  const { outputs } = await order.flip('place')
  expect(outputs.reserve).toEqual({ epoch: 1, key: true, subject: 'order-1', from: 'open', to: 'placed' })
})

test('a flip of its own subject is refused inside of a transaction', async () => {
  const { order } = open({ reserve: () => order.safeFlip('back').then(({ error }) => error?.code) })
  expect((await order.flip('place')).outputs.reserve).toBe('FLIP_REENTRANT')
})

test('what a failed attempt wrote is taken back, and the next begins with nothing of it', async () => {
  let tries = 0
  const { order, store, clock } = open({
    reserve: () => {
      if (++tries < 3) throw new Error('out of stock')
    },
  })
  const asked = order.flip('place')
  expect(await timed(clock, asked)).toBe(2_000)
  expect((await asked).outputs.reserve).toEqual({ count: 1 })
  expect([...store.rows]).toEqual([['reserved', 1]])
})

test('a step that has failed for good did nothing, so nothing of it is undone', async () => {
  const { order, store, clock } = open({
    reserve: () => Promise.reject(new Error('out of stock')),
    free: () => expect.fail('it was undone'),
  })
  const asked = order.safeFlip('place')
  await timed(clock, asked)
  expect((await asked).error).toMatchObject({
    code: 'FLIP_ROLLED_BACK',
    facts: { failure: { code: 'STEP_FAILED', message: 'out of stock', step: 'reserve' } },
    cause: { message: 'out of stock' },
  })
  expect(store.opened).toBe(3)
  expect([...store.rows]).toEqual([])
  expect(await records(order)).toMatchObject([
    { kind: 'requested' },
    { kind: 'turned', undo: [] },
    { kind: 'rolledBack' },
  ])
})

test('a terminal failure is not tried again', async () => {
  const { order, store } = open({ reserve: () => Promise.reject(terminal(new Error('no such thing'))) })
  const { error } = await order.safeFlip('place')
  expect(error?.facts).toMatchObject({ failure: { terminal: true, message: 'no such thing' } })
  expect(store.opened).toBe(1)
})

test('a result that cannot be recorded takes the transaction back', async () => {
  const { order, store } = open({ reserve: () => new Map() })
  expect((await order.safeFlip('place')).error?.facts).toMatchObject({ failure: { code: 'STEP_FAILED' } })
  expect([...store.rows]).toEqual([])
})

test('what a hanging attempt writes once nobody waits for it is never stored', async () => {
  const late = signal()
  const refusals: unknown[] = []
  const { order, store, clock } = open({
    reserve: async (_, tx) => {
      await late.promise
      try {
        tx.add('reserved', 100)
      } catch (error) {
        refusals.push(error)
      }
      return 'late'
    },
  })
  const asked = order.safeFlip('place')
  expect(await timed(clock, asked)).toBe(35_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT', step: 'reserve' } })
  late.resolve()
  await clock.advance(5_000)
  expect(refusals).toHaveLength(3)
  expect([...store.rows]).toEqual([])
  expect(await kinds(order)).toEqual(['requested', 'turned', 'rolledBack'])
})

test('a step after it fails: it is undone with its result, in a transaction with the record of that', async () => {
  const outputs: unknown[] = []
  const { order, store } = open({
    ship: () => Promise.reject(new Error('no truck')),
    free: ({ output, stepKey, flipId }) => void outputs.push(output, stepKey === `${flipId}:reserve:undo`),
  })
  expect((await order.safeFlip('place')).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(outputs).toEqual([{ count: 1 }, true])
  expect([...store.rows]).toEqual([
    ['reserved', 1],
    ['freed', 1],
  ])
  expect(await kinds(order)).toEqual(['requested', 'stepped', 'turned', 'undone', 'rolledBack'])
})

test('an undo that keeps failing has undone nothing, leaves the flip stuck, and can be tried again', async () => {
  let isBroken = true
  const { order, store, clock } = open({
    ship: () => Promise.reject(new Error('no truck')),
    free: () => {
      if (isBroken) throw new Error('locked')
    },
  })
  const asked = order.safeFlip('place')
  await timed(clock, asked)
  const { error } = await asked
  expect(error).toMatchObject({ code: 'FLIP_STUCK', facts: { failure: { code: 'UNDO_FAILED', message: 'locked' } } })
  expect(store.rows.get('freed')).toBeUndefined()
  isBroken = false
  const { flip } = await order.state()
  const resolved = await order.resolve(flip?.id ?? '', 'retry', { actor: { id: 'kim' }, reason: 'unlocked' })
  expect(resolved.outcome).toBe('rolledBack')
  expect(store.rows.get('freed')).toBe(1)
})

test('an undo that hangs is given up, and what it writes later is never stored', async () => {
  const { order, store, clock } = open({ ship: () => Promise.reject(new Error('no truck')), free: never })
  const asked = order.safeFlip('place')
  expect(await timed(clock, asked)).toBe(20_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'UNDO_TIMEOUT' } })
  expect(store.rows.get('freed')).toBeUndefined()
})

test('an irreversible transaction that failed was taken back, so the flip can go back', async () => {
  const { order, store } = open({ bill: () => Promise.reject(new Error('card refused')) })
  const { error } = await order.safeFlip('bill')
  expect(error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { failure: { message: 'card refused' } } })
  expect([...store.rows]).toEqual([
    ['reserved', 1],
    ['freed', 1],
  ])
})

test('an irreversible transaction that was committed is past return', async () => {
  const { order, store } = open({ thank: () => Promise.reject(new Error('no stamps')) })
  const { error } = await order.safeFlip('bill')
  expect(error).toMatchObject({ code: 'FLIP_STUCK', facts: { failure: { message: 'no stamps' } } })
  const { flip } = await order.state()
  await expect(order.cancel(flip?.id ?? '', { reason: 'x' })).rejects.toMatchObject({ code: 'FLIP_PAST_RETURN' })
  expect([...store.rows]).toEqual([
    ['reserved', 1],
    ['billed', 1],
  ])
})

test('a cancel ends an irreversible transaction that is under way, and it is as if it had never begun', async () => {
  const { order, store, clock } = open({
    bill: ({ signal: abort }) =>
      new Promise((_, reject) => abort.addEventListener('abort', () => reject(abort.reason))),
  })
  const asked = order.safeFlip('bill')
  await clock.advance(0)
  const { flip } = await order.state()
  await order.cancel(flip?.id ?? '', { reason: 'changed my mind' })
  expect(await isPending(clock, asked)).toBe(false)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED', message: 'changed my mind' } })
  expect(store.rows.get('billed')).toBeUndefined()
  expect(store.rows.get('freed')).toBe(1)
})

test('a cancel takes back what a function has written that did not look at its signal', async () => {
  const done = signal()
  const { order, store, clock } = open({
    reserve: () => done.promise,
    free: () => expect.fail('there is nothing to undo'),
  })
  const asked = order.safeFlip('place')
  await clock.advance(0)
  await order.cancel((await order.state()).flip?.id ?? '', { reason: 'x' })
  done.resolve()
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
  expect([...store.rows]).toEqual([])
})

test('a journal without transactions is refused for a chart that needs them, naming the step', () => {
  const { clock } = shop()
  const deps = {} as never
  const plain = memoryJournal({ clock }) as TransactionalJournal<Tx>
  for (const journal of [plain, undefined as never]) {
    expect(() => createGate(order, { deps, journal })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringMatching(
          /^journal is .*; it must be a journal with a method transact\(\), .*: step "reserve" of flip "place" is one transaction with its record$/,
        ),
        facts: expect.objectContaining({ option: 'journal' }),
      }),
    )
  }
})

test('a chart that could have transact steps, and has none, is content with any journal', () => {
  const none = chart('none', { version: 1 }).transaction<Tx>().phase('a', { initial: true, final: true }).build()
  expect(createGate(none, { journal: memoryJournal() as TransactionalJournal<Tx> }).chart).toBe(none)
})
