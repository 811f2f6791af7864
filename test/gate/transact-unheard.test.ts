import { expect, test } from 'vitest'
import { open, shop } from './order.ts'
import { kinds, signal, timed } from './stage.ts'
import { answerLost, meanwhile, storedLater } from './till.ts'

// A commit whose answer is lost may have been stored, not have been stored, or be stored later.

const PLACED = ['requested', 'stepped', 'stepped', 'committed']
const never = (): Promise<never> => new Promise(() => undefined)

test.each(['place', 'reserve only'] as const)(
  'a lost answer to a commit that was stored: it is not done again (flip "%s")',
  async (flip) => {
    const { order, store, clock, gate } = open({ reserve: ({ stepKey }) => stepKey.length })
    const told: unknown[] = []
    gate.on('flip.stepped', ({ step }) => told.push(step))
    gate.on('flip.committed', () => told.push('committed'))
    store.fates.push(answerLost)
    const asked = order.flip(flip)
    await timed(clock, asked)
    expect(await asked).toMatchObject({ to: 'placed', epoch: 1, outputs: { reserve: expect.any(Number) } })
    expect(store.opened).toBe(1)
    expect([...store.rows]).toEqual([['reserved', 1]])
    expect(told).toEqual(flip === 'place' ? ['reserve', 'ship', 'committed'] : ['reserve', 'committed'])
  },
)

test('a lost answer to a commit that was not stored: it is done again', async () => {
  const { order, store, clock } = open()
  store.fates.push(storedLater(never()))
  const asked = order.flip('place')
  await timed(clock, asked)
  expect((await asked).to).toBe('placed')
  expect(store.opened).toBe(2)
  expect([...store.rows]).toEqual([['reserved', 1]])
})

test.each(['place', 'reserve only'] as const)(
  'a commit that is stored long after its answer was lost excludes the second: one of them is stored (flip "%s")',
  async (flip) => {
    let runs = 0
    const late = signal()
    const { order, store, clock } = open({ reserve: () => ++runs })
    store.fates.push(
      storedLater(late.promise),
      // The first arrives just before the second.
      meanwhile(async () => {
        late.resolve()
        await clock.advance(0)
      }),
    )
    const asked = order.flip(flip)
    await timed(clock, asked)
    expect((await asked).outputs.reserve).toBe(1)
    expect(runs).toBe(2)
    expect([...store.rows]).toEqual([['reserved', 1]])
    expect(await kinds(order)).toEqual(flip === 'place' ? PLACED : ['requested', 'stepped', 'committed'])
  },
)

test('a commit that is stored after its second attempt has failed is what counts: the failure is forgotten', async () => {
  const late = signal()
  let runs = 0
  const shared = shop()
  const { order, store, clock } = open(
    {
      reserve: async () => {
        if (++runs === 1) return 'first'
        late.resolve()
        await clock.advance(0)
        throw new Error('out of stock')
      },
    },
    shared,
  )
  store.fates.push(storedLater(late.promise))
  const asked = order.flip('reserve only')
  await timed(clock, asked)
  expect((await asked).outputs.reserve).toBe('first')
  expect([...store.rows]).toEqual([['reserved', 1]])
  expect(await kinds(order)).toEqual(['requested', 'stepped', 'committed'])
})

test('a commit whose answer was lost, and whose records were redacted before it is asked for, is found out about', async () => {
  const shared = shop()
  const { order, store, clock } = open({}, shared)
  const other = open({}, shared)
  store.fates.push(async (commit, append) => {
    await commit()
    await other.order.redact({ from: 1, to: 3 }, { actor: { id: 'kim' }, reason: 'privacy' })
    return answerLost(async () => undefined, append)
  })
  const asked = order.safeFlip('reserve only')
  await timed(clock, asked)
  expect((await asked).error?.code).toBe('FENCED')
  expect([...store.rows]).toEqual([['reserved', 1]])
  expect(await order.phase()).toBe('placed')
})

test('a lost answer to an undo that was stored: it is not undone again, and the flip has rolled back', async () => {
  const { order, store, clock } = open({ ship: () => Promise.reject(new Error('no truck')) })
  store.fates.push((go) => go(), answerLost)
  const asked = order.safeFlip('place')
  await timed(clock, asked)
  expect((await asked).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(store.rows.get('freed')).toBe(1)
})
