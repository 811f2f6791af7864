import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Head, Journal } from '../../ports/index.ts'
import type { JournalCase } from './journal-case.ts'
import {
  all,
  appendOf,
  fill,
  flipOf,
  headOf,
  NAMES,
  numbers,
  refusesWith,
  SUBJECT,
  same,
  settledOf,
  TTL_MS,
} from './journal-samples.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const FAILURE = { code: 'STEP_FAILED', message: 'no' } as const
const STUCK = { type: 'stuck', doing: 'run', step: 's', failure: FAILURE, then: { type: 'forward' } } as const

async function put(journal: Journal, id: string, changes: Partial<Head>, lease?: { ttlMs: number }): Promise<void> {
  await journal.append({ ...SUBJECT, id }, appendOf(0, { head: headOf(1, 1, changes), lease: lease ?? 'release' }))
}

/** What the other methods promise. */
export const askCases: readonly JournalCase[] = [
  {
    promise: 7,
    name: 'read gives the head of the last stored append, or undefined',
    async run({ journal }) {
      assert.equal(await journal.read(SUBJECT), undefined)
      await fill(journal, SUBJECT, 3)
      same(await journal.read(SUBJECT), headOf(3, 1))
    },
  },
  {
    promise: 8,
    name: 'settled gives the last outcome of each key, whatever came after',
    async run({ journal }) {
      const keys = ['a', 'b', 'a', 'constructor', '__proto__']
      for (const [version, key] of keys.entries()) {
        await journal.append(SUBJECT, appendOf(version, { settled: settledOf(key, `flip-${version}`, version + 1) }))
      }
      for (let version = keys.length; version < 50; version++) await journal.append(SUBJECT, appendOf(version))
      same(await journal.settled(SUBJECT, 'a'), settledOf('a', 'flip-2', 3))
      same(await journal.settled(SUBJECT, 'b'), settledOf('b', 'flip-1', 2))
      assert.equal((await journal.settled(SUBJECT, '__proto__'))?.flipId, 'flip-4')
      assert.equal(await journal.settled(SUBJECT, 'toString'), undefined)
      assert.equal(await journal.settled({ ...SUBJECT, id: 'another' }, 'a'), undefined)
    },
  },
  {
    promise: 8,
    name: 'settled gives what was settled before the time that an append says to forget no longer',
    async run({ journal, reopen }) {
      const old = { ...settledOf('old', 'flip-0'), at: 10 }
      const young = { ...settledOf('young', 'flip-1'), at: 20 }
      await journal.append(SUBJECT, appendOf(0, { settled: old }))
      await journal.append(SUBJECT, appendOf(1, { settled: young }))
      await journal.append(SUBJECT, appendOf(2, { forget: 20 }))
      const check = async (now: Journal): Promise<void> => {
        assert.equal(await now.settled(SUBJECT, 'old'), undefined)
        same(await now.settled(SUBJECT, 'young'), young)
      }
      await check(journal)
      if (reopen !== undefined) await check(await reopen())
    },
  },
  {
    promise: 9,
    name: 'history gives every record once, in order, as a chain of hashes',
    async run({ journal }) {
      await fill(journal, SUBJECT, 12)
      const records = await all(journal.history(SUBJECT))
      let previous: string | undefined
      for (const [index, { header, payload, hash }] of records.entries()) {
        const said = JSON.parse(header) as { n: number; payload: string; prev?: string }
        assert.deepEqual([said.n, said.payload, said.prev], [index + 1, sha256(payload), previous])
        assert.equal(hash, sha256(header))
        previous = hash
      }
      same(await all(journal.history(SUBJECT)), records)
    },
  },
  {
    promise: 9,
    name: 'history keeps to its range, both ends included',
    async run({ journal }) {
      const three = [1, 2, 3].map((n) => ({ n, at: 1, epoch: 1, kind: 'undone', flipId: 'f', step: 's' }) as const)
      await journal.append(SUBJECT, appendOf(0, { records: three, head: headOf(3, 1) }))
      for (let version = 3; version < 6; version++) await journal.append(SUBJECT, appendOf(version))
      const range = async (from?: number, to?: number): Promise<readonly number[]> =>
        numbers(await all(journal.history(SUBJECT, { ...(from && { from }), ...(to && { to }) })))
      same(await range(2, 4), [2, 3, 4])
      same(await range(2, 2), [2])
      same(await range(5), [5, 6])
      same(await range(undefined, 2), [1, 2])
      same(await range(6, 99), [6])
      same(await range(7), [])
      same(numbers(await all(journal.history({ ...SUBJECT, id: 'never written' }))), [])
    },
  },
  {
    promise: 10,
    name: 'renew prolongs a live lease, and no other',
    async run({ journal, clock }) {
      const head = headOf(1, 3, { flip: flipOf() })
      await journal.append(SUBJECT, appendOf(0, { head, lease: { ttlMs: TTL_MS } }))
      assert.equal(await journal.renew(SUBJECT, 2, TTL_MS), false, 'an older epoch')
      assert.equal(await journal.renew(SUBJECT, 4, TTL_MS), false, 'a newer epoch')
      assert.equal(await journal.renew({ ...SUBJECT, id: 'never written' }, 1, TTL_MS), false)
      await clock.advance(TTL_MS * 0.6)
      assert.equal(await journal.renew(SUBJECT, 3, TTL_MS), true)
      await clock.advance(TTL_MS * 0.6)
      same(await journal.abandoned(SUBJECT.chart, 10), [])
      assert.equal(await journal.renew(SUBJECT, 3, TTL_MS), true)
    },
  },
  {
    promise: 10,
    name: 'a lease that has run out cannot be renewed',
    async run({ journal, clock }) {
      await put(journal, SUBJECT.id, { flip: flipOf() }, { ttlMs: TTL_MS })
      await clock.advance(TTL_MS + 1)
      assert.equal(await journal.renew(SUBJECT, 1, TTL_MS), false)
      same(await journal.abandoned(SUBJECT.chart, 10), [SUBJECT.id])
    },
  },
  {
    promise: 10,
    name: 'a lease is kept, replaced or given back by an append, as it says',
    async run({ journal, clock }) {
      const flip = flipOf()
      const append = (version: number, lease: { ttlMs: number } | 'keep' | 'release'): Promise<void> =>
        journal.append(SUBJECT, appendOf(version, { head: headOf(version + 1, 1, { flip }), lease }))
      await append(0, { ttlMs: TTL_MS })
      await append(1, 'keep')
      assert.equal(await journal.renew(SUBJECT, 1, TTL_MS), true)
      await append(2, { ttlMs: TTL_MS * 3 })
      await clock.advance(TTL_MS * 2)
      assert.equal(await journal.renew(SUBJECT, 1, TTL_MS), true)
      await append(3, 'release')
      assert.equal(await journal.renew(SUBJECT, 1, TTL_MS), false)
      same(await journal.abandoned(SUBJECT.chart, 10), [SUBJECT.id])
    },
  },
  {
    promise: 11,
    name: 'abandoned names flips without a live lease, at most limit, of one chart, and none that are stuck',
    async run({ journal, clock }) {
      await put(journal, 'at rest', {})
      await put(journal, 'running', { flip: flipOf() }, { ttlMs: TTL_MS * 10 })
      await put(journal, 'left', { flip: flipOf() }, { ttlMs: TTL_MS })
      await put(
        journal,
        'left too',
        { flip: flipOf({ course: { type: 'back', failure: FAILURE, undo: [] } }) },
        { ttlMs: TTL_MS },
      )
      await put(journal, 'stuck', { flip: flipOf({ course: STUCK }) })
      same(await journal.abandoned(SUBJECT.chart, 10), [])
      await clock.advance(TTL_MS + 1)
      same([...(await journal.abandoned(SUBJECT.chart, 10))].sort(), ['left', 'left too'])
      assert.equal((await journal.abandoned(SUBJECT.chart, 1)).length, 1)
      same(await journal.abandoned('another chart', 10), [])
    },
  },
  {
    promise: 11,
    name: 'abandoned looks at one subject alone when it is given',
    async run({ journal, clock }) {
      await put(journal, 'left', { flip: flipOf() }, { ttlMs: TTL_MS })
      await put(journal, 'left too', { flip: flipOf() }, { ttlMs: TTL_MS })
      await put(journal, 'at rest', {})
      await clock.advance(TTL_MS + 1)
      same(await journal.abandoned(SUBJECT.chart, 1, 'left'), ['left'])
      same(await journal.abandoned(SUBJECT.chart, 1, 'left too'), ['left too'])
      same(await journal.abandoned(SUBJECT.chart, 1, 'at rest'), [])
    },
  },
  {
    promise: 11,
    name: 'stuck names subjects whose flip in progress is stuck, at most limit, of one chart, until it goes on',
    async run({ journal }) {
      await put(journal, 'at rest', {})
      await put(journal, 'running', { flip: flipOf() })
      await put(journal, 'stuck', { flip: flipOf({ course: STUCK }) })
      await put(journal, 'stuck too', { flip: flipOf({ course: STUCK }) })
      same([...(await journal.stuck(SUBJECT.chart, 10))].sort(), ['stuck', 'stuck too'])
      assert.equal((await journal.stuck(SUBJECT.chart, 1)).length, 1)
      same(await journal.stuck('another chart', 10), [])
      await journal.append({ ...SUBJECT, id: 'stuck' }, appendOf(1, { head: headOf(2, 1, { flip: flipOf() }) }))
      same(await journal.stuck(SUBJECT.chart, 10), ['stuck too'])
    },
  },
  {
    promise: 11,
    name: 'due names subjects at rest whose earliest timer has run out',
    async run({ journal, clock }) {
      const at = clock.now() + TTL_MS
      const late = { flip: 'late', at: at + 1_000_000 }
      await put(journal, 'none', {})
      await put(journal, 'later', { timers: [late] })
      await put(journal, 'soon', { timers: [late, { flip: 'soon', at }] })
      await put(journal, 'busy', { timers: [{ flip: 'soon', at }], flip: flipOf() })
      same(await journal.due(SUBJECT.chart, 10), [])
      await clock.advance(TTL_MS + 1)
      same(await journal.due(SUBJECT.chart, 10), ['soon'])
      same(await journal.due(SUBJECT.chart, 0), [])
      same(await journal.due('another chart', 10), [])
      await journal.append({ ...SUBJECT, id: 'soon' }, appendOf(1))
      same(await journal.due(SUBJECT.chart, 10), [])
    },
  },
  {
    promise: 12,
    name: 'heads gives every subject of a chart once, as it is now',
    async run({ journal }) {
      for (const id of ['a', 'b', 'c']) await fill(journal, { ...SUBJECT, id }, 2)
      await fill(journal, { chart: 'another chart', id: 'd' }, 1)
      const heads = await all(journal.heads(SUBJECT.chart))
      same(heads.map(({ id, head }) => [id, head.version]).sort(), [
        ['a', 2],
        ['b', 2],
        ['c', 2],
      ])
      same(await all(journal.heads('no chart')), [])
    },
  },
  {
    promise: 13,
    name: 'whatever the names, two subjects share nothing',
    async run({ journal, reopen }) {
      for (const [index, subject] of NAMES.entries()) {
        const settled = settledOf('k', `flip-${index}`)
        await journal.append(subject, appendOf(0, { head: headOf(1, 1, { phase: `p${index}` }), settled }))
      }
      const check = async (tested: Journal): Promise<void> => {
        for (const [index, subject] of NAMES.entries()) {
          assert.equal((await tested.read(subject))?.phase, `p${index}`)
          assert.equal((await tested.settled(subject, 'k'))?.flipId, `flip-${index}`)
          assert.equal((await all(tested.history(subject))).length, 1)
        }
      }
      await check(journal)
      if (reopen !== undefined) await check(await reopen())
    },
  },
  {
    promise: 14,
    name: 'after close everything is refused',
    async run({ journal }) {
      await fill(journal, SUBJECT, 1)
      await journal.close()
      await journal.close()
      const calls: readonly (() => Promise<unknown>)[] = [
        () => journal.read(SUBJECT),
        () => journal.append(SUBJECT, appendOf(1)),
        () => journal.renew(SUBJECT, 1, TTL_MS),
        () => journal.settled(SUBJECT, 'k'),
        () => all(journal.history(SUBJECT)),
        () => all(journal.heads(SUBJECT.chart)),
        () => journal.abandoned(SUBJECT.chart, 1),
        () => journal.due(SUBJECT.chart, 1),
        () => journal.stuck(SUBJECT.chart, 1),
        () => journal.feed(undefined, 1),
        () => all(journal.tips()),
        () => journal.bookmark('b'),
        () => journal.moveBookmark('b', undefined, 'x'),
      ]
      for (const call of calls) await refusesWith('JOURNAL_CLOSED', call())
    },
  },
]
