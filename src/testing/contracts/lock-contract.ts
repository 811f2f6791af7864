import assert from 'node:assert/strict'
import { isPhasegateError } from '../../base/index.ts'
import type { Lease, Lock } from '../../ports/index.ts'
import { refusesWith } from './journal-samples.ts'

/** A lock under test, and the time it lives in. */
export interface LockHarness {
  readonly lock: Lock
  /** The time of the store. A store whose time cannot be set waits for real in `advance`. */
  readonly clock: { advance(ms: number): Promise<void> }
}

/** One thing that a lock promises: `promise` is its number in the documentation of `Lock`. */
export interface LockCase {
  readonly promise: number
  readonly name: string
  /** Rejects when the lock does not keep the promise. Every run takes a new harness. */
  run(harness: LockHarness): Promise<void>
}

const TTL_MS = 400
const NOW = { ttlMs: TTL_MS, waitMs: 0 }
const PATIENT = { ttlMs: TTL_MS * 100, waitMs: TTL_MS * 50 }

/** Resources that a careless store would take for one another, or trip over. */
const RESOURCES: readonly string[] = [
  ...[
    'r',
    'R',
    ' r',
    '{r}',
    '{',
    '}',
    '}{',
    '%7B',
    '\\{',
    'é',
    'e\u0301',
    '🚦',
    'nul',
    'nul\0byte',
    "'; DROP TABLE",
    '__proto__',
  ],
  ...['x'.repeat(255), `${'x'.repeat(254)}y`],
]

/** What every lock has to pass, as data, for any test runner. */
export const lockContract: readonly LockCase[] = [
  {
    promise: 1,
    name: 'of many who ask at once one gets it, and others get other resources',
    async run({ lock }) {
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lock.acquire('r', NOW)))
      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1)
      await lock.acquire('another', NOW)
      await refusesWith('RESOURCE_BUSY', lock.acquire('r', NOW))
    },
  },
  {
    promise: 1,
    name: 'a renewed lease stays its holder’s, a released one is free',
    async run({ lock, clock }) {
      const lease = await lock.acquire('r', NOW)
      await clock.advance(TTL_MS * 0.6)
      assert.equal(await lease.renew(TTL_MS), true)
      await clock.advance(TTL_MS * 0.6)
      await refusesWith('RESOURCE_BUSY', lock.acquire('r', NOW))
      await lease.release()
      await lock.acquire('r', NOW)
    },
  },
  {
    promise: 1,
    name: 'resources are told apart, whatever their names',
    async run({ lock }) {
      const leases = await Promise.all(RESOURCES.map((resource) => lock.acquire(resource, PATIENT)))
      assert.deepEqual(
        leases.map(({ resource }) => resource),
        RESOURCES,
      )
      for (const resource of RESOURCES) await refusesWith('RESOURCE_BUSY', lock.acquire(resource, NOW))
      await Promise.all(leases.map((lease) => lease.release()))
    },
  },
  {
    promise: 2,
    name: 'of many who wait each holds it alone, and later ones with larger epochs',
    async run({ lock }) {
      const held: number[] = []
      let holders = 0
      const hold = async (): Promise<void> => {
        const lease = await lock.acquire('r', PATIENT)
        assert.equal(++holders, 1)
        held.push(lease.epoch)
        await new Promise((resolve) => setImmediate(resolve))
        holders--
        await lease.release()
      }
      await Promise.all(Array.from({ length: 5 }, hold))
      assert.deepEqual(
        held,
        held.toSorted((a, b) => a - b),
      )
      assert.equal(new Set(held).size, 5)
    },
  },
  {
    promise: 2,
    name: 'epochs grow, over releases and expiries',
    async run({ lock, clock }) {
      let last = -1
      for (let turn = 0; turn < 6; turn++) {
        const lease = await lock.acquire('r', NOW)
        assert.ok(lease.epoch > last, `${lease.epoch} came after ${last}`)
        last = lease.epoch
        if (turn % 2 === 0) await lease.release()
        else await clock.advance(TTL_MS + 1)
      }
    },
  },
  {
    promise: 3,
    name: 'an expired holder can neither renew nor release its successor',
    async run({ lock, clock }) {
      const first = await lock.acquire('r', NOW)
      await clock.advance(TTL_MS + 1)
      assert.equal(await first.renew(TTL_MS), false)
      const second = await lock.acquire('r', { ...NOW, ttlMs: TTL_MS * 100 })
      assert.equal(await first.renew(TTL_MS), false)
      await first.release()
      await refusesWith('RESOURCE_BUSY', lock.acquire('r', NOW))
      assert.equal(await second.renew(TTL_MS), true)
    },
  },
  {
    promise: 3,
    name: 'a lease that was released can neither be renewed nor released again',
    async run({ lock }) {
      const first = await lock.acquire('r', PATIENT)
      await first.release()
      assert.equal(await first.renew(TTL_MS), false)
      const second = await lock.acquire('r', PATIENT)
      await first.release()
      assert.equal(await first.renew(TTL_MS), false)
      await refusesWith('RESOURCE_BUSY', lock.acquire('r', NOW))
      assert.equal(await second.renew(TTL_MS), true)
    },
  },
  {
    promise: 3,
    name: 'a lease that has run out stays lost, also while nobody else wants it',
    async run({ lock, clock }) {
      const lease = await lock.acquire('r', NOW)
      await clock.advance(TTL_MS + 1)
      assert.equal(await lease.renew(TTL_MS * 100), false)
      assert.equal(await lease.renew(TTL_MS * 100), false)
      await lease.release()
      await (await lock.acquire('r', NOW)).release()
    },
  },
  {
    promise: 4,
    name: 'who waits gets it when the lease runs out, or is refused when its time is over',
    async run({ lock, clock }) {
      await lock.acquire('r', NOW)
      const [, lease] = await Promise.all([
        refusesWith('RESOURCE_BUSY', lock.acquire('r', { ttlMs: TTL_MS, waitMs: TTL_MS / 4 })),
        lock.acquire('r', { ttlMs: TTL_MS * 100, waitMs: TTL_MS * 20 }),
        clock.advance(TTL_MS * 1.5),
      ])
      await refusesWith('RESOURCE_BUSY', lock.acquire('r', NOW))
      await lease.release()
    },
  },
  {
    promise: 4,
    name: 'who waits gets it at once when it is released, and gives up when its signal aborts',
    async run({ lock, clock }) {
      const lease = await lock.acquire('r', { ...NOW, ttlMs: TTL_MS * 100 })
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const patient = { ...PATIENT, ttlMs: TTL_MS }
      await Promise.all([
        assert.rejects(lock.acquire('r', { ...patient, signal: controller.signal }), reason),
        controller.abort(reason),
      ])
      const [next] = await Promise.all([lock.acquire('r', patient), lease.release(), clock.advance(TTL_MS / 4)])
      await next.release()
    },
  },
  {
    promise: 4,
    name: 'who gave up, or was aborted, leaves nothing behind: the resource is free for the next',
    async run({ lock, clock }) {
      const lease = await lock.acquire('r', PATIENT)
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      await Promise.all([
        refusedAfter(TTL_MS / 4, lock.acquire('r', { ttlMs: TTL_MS * 100, waitMs: TTL_MS / 4 })),
        assert.rejects(lock.acquire('r', { ...PATIENT, signal: controller.signal }), reason),
        clock.advance(TTL_MS / 2).then(() => controller.abort(reason)),
      ])
      await lease.release()
      await clock.advance(TTL_MS / 4)
      await lock.acquire('r', NOW)
    },
  },
  {
    promise: 4,
    name: 'who is aborted before it asks gets nothing',
    async run({ lock }) {
      const reason = new Error('too late')
      await assert.rejects(lock.acquire('r', { ...PATIENT, signal: AbortSignal.abort(reason) }), reason)
      const lease: Lease = await lock.acquire('r', NOW)
      assert.equal(lease.resource, 'r')
    },
  },
]

/** Refused, and not before its time. */
async function refusedAfter(waitMs: number, acquiring: Promise<unknown>): Promise<void> {
  await assert.rejects(acquiring, (error) => {
    assert.ok(isPhasegateError(error, 'RESOURCE_BUSY'), `RESOURCE_BUSY was expected, found ${String(error)}`)
    assert.ok(error.facts.waitedMs >= waitMs, `refused after ${error.facts.waitedMs} of ${waitMs} ms`)
    return true
  })
}
