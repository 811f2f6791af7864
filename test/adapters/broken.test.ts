import { describe, expect, test } from 'vitest'
import { memoryJournal, memoryLock } from '../../src/adapters/memory/index.ts'
import { isPhasegateError } from '../../src/base/index.ts'
import type { Append, Journal, Lease, Lock, SubjectRef } from '../../src/ports/index.ts'
import { journalContract, lockContract, virtualClock } from '../../src/testing/index.ts'
import { type Break, brokenPromises } from './bent.ts'

// A contract is worth what it catches: each of these breaks one promise, and the suite must name that one.

const BROKEN: readonly (readonly [name: string, promise: number, break_: Break])[] = [
  [
    'does not look at the expected version',
    2,
    (journal) => ({
      append: async (subject, append) => {
        const head = await journal.read(subject)
        const expected = { version: head?.version ?? 0, epoch: head?.epoch ?? 0 }
        return journal.append(subject, { ...append, expected })
      },
    }),
  ],
  [
    'does not look at the epoch',
    2,
    (journal) => ({
      append: async (subject, append) => {
        const epoch = (await journal.read(subject))?.epoch ?? 0
        return journal.append(subject, { ...append, expected: { ...append.expected, epoch } })
      },
    }),
  ],
  [
    'takes a lost race for a success',
    3,
    (journal) => ({
      append: (subject, append) =>
        journal.append(subject, append).catch((error) => {
          if (!isPhasegateError(error, 'JOURNAL_CONFLICT')) throw error
        }),
    }),
  ],
  [
    'ignores the op id',
    4,
    (journal) => ({
      append: (subject, append) => journal.append(subject, { ...append, opId: `${append.opId} ${Math.random()}` }),
    }),
  ],
  [
    'does not look at what a claim claims',
    2,
    (journal) => ({ append: (subject, append) => journal.append(subject, { ...append, claim: undefined }) }),
  ],
  ['acknowledges and forgets', 1, () => ({ append: async () => undefined })],
  [
    'forgets the outcome',
    1,
    (journal) => ({ append: (subject, append) => journal.append(subject, { ...append, settled: undefined }) }),
  ],
  [
    'renews what has run out',
    10,
    (journal) => ({ renew: async (subject, epoch) => (await journal.read(subject))?.epoch === epoch }),
  ],
  ['never answers yes to a renewal', 10, () => ({ renew: async () => false })],
  ['gives no more than one abandoned flip', 11, (journal) => ({ abandoned: (chart) => journal.abandoned(chart, 1) })],
  ['knows no timers', 11, () => ({ due: async () => [] })],
  [
    'looks at whichever flip is abandoned',
    11,
    (journal) => ({ abandoned: (chart, limit) => journal.abandoned(chart, limit) }),
  ],
  ['takes nothing for stuck', 11, () => ({ stuck: async () => [] })],
  [
    'folds the case of names',
    13,
    (journal) => ({
      read: (subject) => journal.read({ ...subject, id: subject.id.toLowerCase() }),
      append: (subject, append) => journal.append({ ...subject, id: subject.id.toLowerCase() }, append),
    }),
  ],
  ['goes on after close', 14, () => ({ close: async () => undefined })],
]

describe('a journal that', () => {
  test.each(BROKEN)('%s breaks promise %i', async (_name, promise, break_) => {
    expect(await brokenPromises(break_)).toContain(promise)
  })

  test('is not bent breaks none', async () => {
    expect(await brokenPromises(() => ({}))).toEqual([])
  })
})

describe('a journal that is opened again', () => {
  test.each([
    ['and acknowledges before it is durable breaks promise 5', (appends: number) => appends > 2, true],
    ['with all that was acknowledged keeps it', () => false, false],
  ] as const)('%s', async (_name, isForgotten, breaks) => {
    const broken: number[] = []
    for (const { promise, run } of journalContract) {
      const clock = virtualClock()
      const durable = memoryJournal({ clock })
      await run({ journal: buffered(durable, isForgotten), clock, reopen: async () => durable }).catch(() =>
        broken.push(promise),
      )
    }
    expect(broken.includes(5)).toBe(breaks)
  })
})

/** Some appends are acknowledged and stay in a buffer that does not outlive the journal. */
function buffered(durable: Journal, isForgotten: (appends: number) => boolean): Journal {
  let appends = 0
  return new Proxy(durable, {
    get: (target, name) => {
      const method = Reflect.get(target, name)
      if (name !== 'append') return typeof method === 'function' ? method.bind(target) : method
      return async (subject: SubjectRef, append: Append) => {
        if (!isForgotten(++appends)) await target.append(subject, append)
      }
    },
  })
}

/** A lock that looks at the resource, and not at whose lease it is, when something is given back. */
function releasing(lock: Lock): Lock {
  const current = new Map<string, Lease>()
  return {
    async acquire(resource, options) {
      const lease = await lock.acquire(resource, options)
      current.set(resource, lease)
      return { ...lease, release: async () => current.get(resource)?.release() }
    },
  }
}

/** A lock that counts from one again whenever a resource has become free. */
function forgetful(lock: Lock): Lock {
  let epoch = 0
  return {
    async acquire(resource, options) {
      const lease = await lock.acquire(resource, options)
      const release = async (): Promise<void> => {
        epoch = 0
        await lease.release()
      }
      return { ...lease, epoch: ++epoch, release }
    },
  }
}

/** Tells the caller, and goes on waiting. */
function orAborted(acquiring: Promise<Lease>, signal: AbortSignal | undefined): Promise<Lease> {
  return new Promise((resolve, reject) => {
    acquiring.then(resolve, reject)
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

const BROKEN_LOCKS: readonly (readonly [name: string, promise: number, break_: (lock: Lock) => Lock])[] = [
  [
    'gives every lease the same epoch',
    2,
    (lock) => ({ acquire: async (r, o) => ({ ...(await lock.acquire(r, o)), epoch: 1 }) }),
  ],
  [
    'renews what has run out',
    3,
    (lock) => ({ acquire: async (r, o) => ({ ...(await lock.acquire(r, o)), renew: async () => true }) }),
  ],
  [
    'never renews',
    3,
    (lock) => ({ acquire: async (r, o) => ({ ...(await lock.acquire(r, o)), renew: async () => false }) }),
  ],
  ['lets an earlier holder release its successor', 3, (lock) => releasing(lock)],
  ['forgets its epochs with the last who held', 2, (lock) => forgetful(lock)],
  [
    'serves who has given up',
    4,
    (lock) => ({ acquire: (r, o) => orAborted(lock.acquire(r, { ...o, signal: undefined }), o.signal) }),
  ],
  ['never waits', 4, (lock) => ({ acquire: (r, o) => lock.acquire(r, { ...o, waitMs: 0 }) })],
  ['lets everybody in', 1, (lock) => ({ acquire: (_, o) => lock.acquire(String(Math.random()), o) })],
]

describe('a lock that', () => {
  test.each(BROKEN_LOCKS)('%s breaks promise %i', async (_name, promise, break_) => {
    const broken: number[] = []
    for (const each of lockContract) {
      const clock = virtualClock()
      const running = each.run({ lock: break_(memoryLock({ clock })), clock })
      // Nothing here waits for real: what has not ended by then never will.
      const hung = new Promise((_, reject) => setTimeout(reject, 250, new Error('it hangs')))
      await Promise.race([running, hung]).catch(() => broken.push(each.promise))
    }
    expect(broken).toContain(promise)
  })
})
