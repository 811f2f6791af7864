import { type HeldLease, type Lease, type Lock, memoryLock, withLease } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { type VirtualClock, virtualClock } from '../../src/testing/time/index.ts'

const TTL = 900
/** ⅔ of it: the holder counts on nothing after. */
const UNTIL = 600

function stage() {
  const clock = virtualClock()
  return { clock, lock: memoryLock({ clock }), options: { ttl: TTL, clock } }
}

/** A lock whose leases answer as `changes` say. */
function bent(lock: Lock, changes: Partial<Pick<Lease, 'renew' | 'release'>>): Lock {
  return { acquire: async (resource, options) => ({ ...(await lock.acquire(resource, options)), ...changes }) }
}

const lasting = (clock: VirtualClock, ms: number): Promise<void> =>
  new Promise<void>((resolve) => clock.timer(ms, resolve))
const lost = expect.objectContaining({ code: 'LEASE_LOST', facts: { resource: 'r', epoch: expect.any(Number) } })

describe('a routine with a lease', () => {
  test('has the resource for itself, and a fencing token, for as long as it lasts', async () => {
    const { clock, lock, options } = stage()
    const running = withLease(lock, 'r', options, async ({ resource, epoch, signal, assertHeld }) => {
      await lasting(clock, 60_000)
      assertHeld()
      expect(signal.aborted).toBe(false)
      return { resource, epoch }
    })
    await clock.advance(59_000)
    await expect(withLease(lock, 'r', options, () => undefined)).rejects.toMatchObject({ code: 'RESOURCE_BUSY' })
    await clock.advance(1_000)
    expect(await running).toEqual({ resource: 'r', epoch: 1 })
    expect(await withLease(lock, 'r', options, ({ epoch }) => epoch)).toBe(2)
  })

  test('leaves nothing behind that keeps the process alive or beats on', async () => {
    const { clock, lock, options } = stage()
    await withLease(lock, 'r', options, () => undefined)
    await clock.advance(TTL)
    expect(clock.pending()).toBe(0)
  })

  test('waits for others', async () => {
    const { clock, lock, options } = stage()
    const first = withLease(lock, 'r', options, () => lasting(clock, 5_000))
    await clock.advance(0)
    const second = withLease(lock, 'r', { ...options, wait: '10s' }, ({ assertHeld }) => assertHeld())
    await clock.advance(5_000)
    await Promise.all([first, second])
  })

  test('is not begun when its lease had run out by the time the answer came', async () => {
    const { clock, lock, options } = stage()
    const late: Lock = {
      acquire: async (resource, how) => {
        const lease = await lock.acquire(resource, how)
        await lasting(clock, TTL)
        return lease
      },
    }
    const running = withLease(late, 'r', options, () => expect.unreachable())
    void running.catch(() => undefined)
    await clock.advance(TTL)
    await expect(running).rejects.toEqual(lost)
  })

  test('fails by its own error, also when the lease was lost or cannot be given back', async () => {
    const { clock, lock, options } = stage()
    const own = new Error('no paper')
    const stubborn = bent(lock, { renew: async () => false, release: () => Promise.reject(new Error('no store')) })
    const running = withLease(stubborn, 'r', options, async () => {
      await lasting(clock, 400)
      throw own
    })
    void running.catch(() => undefined)
    await clock.advance(400)
    await expect(running).rejects.toBe(own)
  })

  test.each<[string, Lease['release']]>([
    ['fails', () => Promise.reject(new Error('no store'))],
    [
      'throws',
      () => {
        throw new Error('no store')
      },
    ],
    ['gets no answer', () => new Promise(() => undefined)],
  ])('has its result although giving back %s', async (_how, release) => {
    const { clock, lock, options } = stage()
    const running = withLease(bent(lock, { release }), 'r', options, () => 'done')
    await clock.advance(TTL)
    expect(await running).toBe('done')
  })
})

describe('a lease that is lost', () => {
  const losses: readonly (readonly [string, number, Lease['renew']])[] = [
    ['refused', 300, async () => false],
    ['failing', UNTIL, () => Promise.reject(new Error('reset'))],
    ['unanswered', UNTIL, () => new Promise(() => undefined)],
  ]

  test.each(losses)('because its renewal was %s, is lost at %i ms', async (_how, atMs, renew) => {
    const { clock, lock, options } = stage()
    let held: HeldLease | undefined
    const running = withLease(bent(lock, { renew }), 'r', options, (lease) => {
      held = lease
      return lasting(clock, 2_000)
    })
    void running.catch(() => undefined)
    await clock.advance(atMs - 1)
    expect(held?.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(held?.signal.reason).toEqual(lost)
    expect(() => held?.assertHeld()).toThrow(lost)
    await clock.advance(2_000)
    await expect(running).rejects.toEqual(lost)
  })

  test('is lost for good: nothing renews it or acquires again', async () => {
    const { clock, lock, options } = stage()
    let acquired = 0
    let answers = false
    const counted: Lock = {
      acquire: (resource, how) => {
        acquired++
        return bent(lock, { renew: async () => answers }).acquire(resource, how)
      },
    }
    const running = withLease(counted, 'r', options, async ({ assertHeld }) => {
      await lasting(clock, 400)
      answers = true
      await lasting(clock, 2_000)
      expect(assertHeld).toThrow(lost)
    })
    void running.catch(() => undefined)
    await clock.advance(2_400)
    await expect(running).rejects.toEqual(lost)
    expect(acquired).toBe(1)
  })

  test('is known at once, although the event loop was blocked and no timer could fire', async () => {
    const { lock, options } = stage()
    let elapsedMs = 0
    const blocked = { now: () => 0, monotonic: () => elapsedMs, timer: () => () => undefined }
    const running = withLease(lock, 'r', { ...options, clock: blocked }, ({ assertHeld, signal }) => {
      elapsedMs = UNTIL
      expect(assertHeld).toThrow(lost)
      expect(signal.reason).toEqual(lost)
    })
    await expect(running).rejects.toEqual(lost)
  })

  test('is over when its routine has ended, for whatever that has left running', async () => {
    const { lock, options } = stage()
    const left = await withLease(lock, 'r', options, (lease) => ({ lease }))
    expect(left.lease.assertHeld).toThrow('was given back when its routine had ended')
    expect(left.lease.signal.aborted).toBe(true)
  })
})

describe('the signal of the caller', () => {
  const reason = new Error('no longer wanted')

  test('ends the waiting', async () => {
    const { clock, lock, options } = stage()
    await lock.acquire('r', { ttlMs: 60_000, waitMs: 0 })
    const controller = new AbortController()
    const running = withLease(lock, 'r', { ...options, wait: '10s', signal: controller.signal }, () => undefined)
    void running.catch(() => undefined)
    await clock.advance(1_000)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  test('is handed on to the routine, which decides what comes of it', async () => {
    const { clock, lock, options } = stage()
    const controller = new AbortController()
    const running = withLease(lock, 'r', { ...options, signal: controller.signal }, async ({ signal, assertHeld }) => {
      await lasting(clock, 100)
      assertHeld()
      return signal.reason
    })
    await clock.advance(50)
    controller.abort(reason)
    await clock.advance(50)
    expect(await running).toBe(reason)
  })
})

test.each<[string, unknown]>([
  ['lease options.tll', { tll: '5s' }],
  ['ttl', { ttl: 0 }],
  ['ttl', { ttl: '5 minutes' }],
  ['wait', { wait: -1 }],
  ['lease options', 'soon'],
])('an option that is not of its form is refused by name: %s', async (option, options) => {
  const { lock } = stage()
  const running = withLease(lock, 'r', options as object, () => undefined)
  await expect(running).rejects.toMatchObject({ code: 'OPTION_INVALID', facts: { option } })
})

test('a resource without a name, a lock that is none and a routine that is none are refused', async () => {
  const { lock } = stage()
  const asked = [
    withLease(lock, '', {}, () => undefined),
    withLease({} as Lock, 'r', {}, () => undefined),
    withLease(lock, 'r', {}, undefined as never),
  ]
  for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})
