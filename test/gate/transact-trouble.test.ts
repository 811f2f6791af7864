import { terminal } from 'phasegate'
import { expect, test } from 'vitest'
import { open, openMortal, shop } from './order.ts'
import { kinds, records, signal, stage, timed } from './stage.ts'
import { dying, meanwhile, refused } from './till.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const PLACED = ['requested', 'stepped', 'stepped', 'committed']

test.each([
  ['before it began', 'in the function', undefined, PLACED.toSpliced(1, 0, 'adopted')],
  ['before its transaction was committed', 'at the commit', 'before', PLACED.toSpliced(1, 0, 'adopted')],
  ['after its transaction was committed', 'at the commit', 'after', PLACED.toSpliced(2, 0, 'adopted')],
] as const)(
  'when its owner dies %s, rows and checkpoint are both there or neither, and the effect is there once',
  async (_, where, when, recorded) => {
    const shared = shop()
    const owner = openMortal({ reserve: () => (where === 'in the function' ? never() : undefined) }, shared)
    if (when !== undefined) shared.store.fates.push(dying(when, owner.die))
    void owner.order.safeFlip('place')
    await shared.clock.advance(0)
    owner.die()
    const isStored = (await shared.journal.read({ chart: 'order', id: 'order-1' }))?.flip?.done.length === 1
    expect(shared.store.rows.get('reserved')).toBe(isStored ? 1 : undefined)
    await shared.clock.advance(15_000)
    const { gate, order } = open({}, shared)
    expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'committed' }])
    expect([...shared.store.rows]).toEqual([['reserved', 1]])
    expect(await kinds(order)).toEqual(recorded)
    const adopted = (await records(order)).find(({ kind }) => kind === 'adopted')
    // Of the two steps only the other one can be in doubt.
    expect(adopted).toMatchObject({ epoch: 2, ...(when === 'after' ? { doubt: 'ship' } : {}) })
    expect(adopted).not.toHaveProperty('doubt', 'reserve')
  },
)

test('an undo whose owner dies after it was committed is not undone again', async () => {
  const shared = shop()
  const owner = openMortal({ ship: () => Promise.reject(new Error('no truck')) }, shared)
  shared.store.fates.push((go) => go(), dying('after', owner.die))
  void owner.order.safeFlip('place')
  await shared.clock.advance(15_000)
  const { gate, order } = open({ free: () => expect.fail('it was undone again') }, shared)
  // The end of the flip was recorded with the undo: there is nothing left to adopt.
  expect((await gate.recover()).adopted).toEqual([])
  expect(shared.store.rows.get('freed')).toBe(1)
  expect(await order.phase()).toBe('open')
})

test('a cancel that comes between is honoured: what was written is taken back, and nothing is undone', async () => {
  const shared = shop()
  const { order, store } = open({ free: () => expect.fail('it was undone') }, shared)
  const other = open({}, shared)
  store.fates.push(
    meanwhile(async () => other.order.cancel((await other.order.state()).flip?.id ?? '', { reason: 'too late' })),
  )
  const { error } = await order.safeFlip('place')
  expect(error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { failure: { code: 'CANCELLED' } } })
  expect([...store.rows]).toEqual([])
  expect(await kinds(order)).toEqual(['requested', 'cancelRequested', 'turned', 'rolledBack'])
})

test('a cancel that comes between is why the flip turns back, though the step has failed since', async () => {
  const shared = shop()
  const other = open({}, shared)
  const reserve = async (): Promise<never> => {
    await other.order.cancel((await other.order.state()).flip?.id ?? '', { reason: 'first' })
    throw terminal(new Error('second'))
  }
  const { error } = await open({ reserve }, shared).order.safeFlip('place')
  expect(error?.facts).toMatchObject({ failure: { code: 'CANCELLED', message: 'first' } })
})

test('a record of somebody else that comes between changes nothing: the work is taken back, and done again', async () => {
  const shared = shop()
  const { order, store } = open({}, shared)
  const other = open({}, shared)
  store.fates.push(meanwhile(() => other.order.prune({ actor: { id: 'kim' }, reason: 'x', olderThan: '1d' })))
  await order.flip('place')
  expect([...store.rows]).toEqual([['reserved', 1]])
  expect(store.opened).toBe(2)
  expect(await kinds(order)).toEqual(['requested', 'pruned', 'stepped', 'stepped', 'committed'])
})

test('a failure that is recorded after somebody else wrote is still that failure', async () => {
  const shared = shop()
  const other = open({}, shared)
  let tries = 0
  const { order } = open(
    {
      reserve: async () => {
        if (++tries === 3) await other.order.prune({ actor: { id: 'kim' }, reason: 'x', olderThan: '1d' })
        throw new Error('out of stock')
      },
    },
    shared,
  )
  const asked = order.safeFlip('place')
  await timed(shared.clock, asked)
  expect((await asked).error?.facts).toMatchObject({ failure: { message: 'out of stock' } })
  expect(tries).toBe(3)
})

test('a store that opens no transaction is asked again: nothing has run, so it is no failure of the step', async () => {
  const { order, store, clock } = open()
  store.shut = 6
  const asked = order.flip('place')
  await timed(clock, asked)
  expect((await asked).to).toBe('placed')
  expect(store.opened).toBe(1)
})

test('a store that opens no transaction for too long fails the flip by its timeout', async () => {
  const { order, store, clock } = open()
  store.shut = Number.POSITIVE_INFINITY
  const asked = order.safeFlip('place')
  expect(await timed(clock, asked, 100)).toBeLessThan(63_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'FLIP_TIMEOUT' } })
})

test('what the store takes back is a failure of the step, tried as often as it may be', async () => {
  const { order, store, clock } = open()
  store.fates.push(refused, refused, refused)
  const asked = order.safeFlip('place')
  await timed(clock, asked)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'STEP_FAILED', message: 'the store said no' } })
  expect([...store.rows]).toEqual([])
})

test('an owner that was paused past its lease commits nothing when it wakes, and says so', async () => {
  const shared = shop()
  const { clock: paused } = stage()
  const late = signal()
  const zombie = open({ reserve: () => late.promise }, { ...shared, clock: paused })
  const asked = zombie.order.safeFlip('place')
  await shared.clock.advance(15_000)
  const { gate, order } = open({}, shared)
  expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'committed' }])
  late.resolve()
  expect((await asked).error?.code).toBe('FENCED')
  expect([...shared.store.rows]).toEqual([['reserved', 1]])
  expect(await kinds(order)).toEqual(['requested', 'adopted', 'stepped', 'stepped', 'committed'])
})

test('an owner that cannot renew gives its transaction up: what its function does later is never stored', async () => {
  const shared = shop()
  const late = signal()
  const renew = (): Promise<never> => Promise.reject(new Error('no network'))
  const deaf = { ...shared.store.journal, renew }
  const asked = open({ reserve: () => late.promise }, shared, deaf).order.safeFlip('place')
  expect(await timed(shared.clock, asked)).toBeLessThanOrEqual(10_000)
  expect((await asked).error?.code).toBe('LEASE_LOST')
  late.resolve()
  await shared.clock.advance(0)
  expect([...shared.store.rows]).toEqual([])
})

test('an owner whose event loop was blocked past its lease commits nothing, though no timer has told it', async () => {
  const shared = shop()
  let blockedMs = 0
  const clock = { ...shared.clock, monotonic: () => shared.clock.monotonic() + blockedMs }
  const reserve = (): void => {
    blockedMs = 10_000
  }
  const { error } = await open({ reserve }, { ...shared, clock }).order.safeFlip('place')
  expect(error?.code).toBe('LEASE_LOST')
  expect([...shared.store.rows]).toEqual([])
})

/** Resources are granted, and lost at the first heartbeat. */
function losing(shared: ReturnType<typeof shop>) {
  const lock = {
    acquire: async (...[resource, options]: Parameters<typeof shared.lock.acquire>) => {
      const lease = await shared.lock.acquire(resource, options)
      return { ...lease, renew: () => Promise.resolve(false) }
    },
  }
  return { ...shared, lock }
}

test('an exclusive resource that is lost while an irreversible transaction is committed comes too late', async () => {
  const shared = shop()
  const { order, store, clock } = open({}, losing(shared))
  const slow = signal()
  store.fates.push(
    (go) => go(),
    meanwhile(() => slow.promise),
  )
  const asked = order.safeFlip('bill')
  await clock.advance(6_000)
  slow.resolve()
  await clock.advance(0)
  expect((await asked).data?.to).toBe('placed')
  expect(store.rows.get('billed')).toBe(1)
})

test('an exclusive resource that is lost while a transaction is being opened turns the flip before anything is done', async () => {
  const shared = shop()
  const slow = signal()
  const { transact } = shared.store.journal
  const journal: typeof shared.store.journal = {
    ...shared.store.journal,
    transact: (subject, work) => slow.promise.then(() => transact(subject, work)),
  }
  const asked = open({}, losing(shared), journal).order.safeFlip('bill')
  await shared.clock.advance(6_000)
  slow.resolve()
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'RESOURCE_LOST' } })
  expect([...shared.store.rows]).toEqual([])
})
