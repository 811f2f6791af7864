import { type Lock, memoryLock, PhasegateError } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { upTo } from './entries.ts'
import { feedWith, stage, TestSink } from './stage.ts'

const busy = [{ sink: 'sink', cause: 'another process delivers to it' }]

describe('of two trails of one name', () => {
  test.each(['by default', 'with a lock that both share'])(
    '%s one delivers, the other stands by and goes on when it ends',
    async (how) => {
      const { trail, writer, clock } = stage()
      const shared = how === 'by default' ? {} : { lock: memoryLock({ clock }) }
      const [one, other] = [new TestSink(), new TestSink()]
      const first = trail({ sinks: { sink: one }, ...shared })
      const second = trail({ sinks: { sink: other }, ...shared })
      first.start()
      await clock.advance(0)
      second.start()
      await clock.advance(0)
      expect(first.lag()).toMatchObject([{ sink: 'sink', role: 'delivering' }])
      expect(second.lag()).toMatchObject([{ sink: 'sink', role: 'standby', behind: 0 }])
      await writer.append('a', 3)
      await clock.advance(60_000)
      expect(one.numbers('sample/a')).toEqual(upTo(3))
      await expect(second.drain()).rejects.toMatchObject({ code: 'TRAIL_BEHIND', facts: { sinks: busy } })
      await first.close()
      await writer.append('a', 2)
      await clock.advance(3_000)
      expect(second.lag()).toMatchObject([{ role: 'delivering' }])
      expect(other.numbers('sample/a')).toEqual([4, 5])
    },
  )

  test('on different journals each delivers its own', async () => {
    const [here, there] = [stage(), stage()]
    const [one, other] = [new TestSink(), new TestSink()]
    await here.writer.append('a')
    await there.writer.append('b', 2)
    here.trail({ sinks: { sink: one } }).start()
    const second = there.trail({ sinks: { sink: other } })
    second.start()
    await here.clock.advance(1_000)
    await there.clock.advance(1_000)
    expect(one.numbers('sample/a')).toEqual([1])
    expect(other.numbers('sample/b')).toEqual([1, 2])
  })

  test('each sink is held for itself: what one trail has not, the other delivers', async () => {
    const { trail, writer, clock } = stage()
    const [both, only] = [new TestSink(), new TestSink()]
    trail({ sinks: { both } }).start()
    await clock.advance(0)
    await writer.append('a', 2)
    const second = trail({ sinks: { both: new TestSink(), only } })
    await expect(second.drain()).rejects.toMatchObject({ facts: { sinks: [{ sink: 'both' }] } })
    expect(only.numbers('sample/a')).toEqual([1, 2])
  })
})

test('who stands by asks for the lock now and then, also after it was asked to drain', async () => {
  const { trail, clock } = stage()
  const real = memoryLock({ clock })
  let asked = 0
  const counting: Lock = { acquire: (resource, options) => (asked++, real.acquire(resource, options)) }
  trail({ sinks: { sink: new TestSink() }, lock: real }).start()
  await clock.advance(0)
  const second = trail({ sinks: { sink: new TestSink() }, lock: counting, poll: '1s' })
  second.start()
  await clock.advance(0)
  await second.drain().catch(() => undefined)
  await clock.advance(10_000)
  expect(asked).toBeGreaterThan(8)
  expect(asked).toBeLessThan(15)
})

describe('a deliverer', () => {
  test('that lost its lease writes nothing more; another goes on, and it comes back when that one ends', async () => {
    const { trail, writer, clock } = stage()
    const real = memoryLock({ clock })
    let isCut = false
    const cut: Lock = {
      acquire: async (resource, options) => {
        const lease = await real.acquire(resource, options)
        return { ...lease, renew: async (ttlMs) => !isCut && lease.renew(ttlMs) }
      },
    }
    const [one, other] = [new TestSink(), new TestSink()]
    const first = trail({ sinks: { sink: one }, lock: cut, leaseTtl: '15s' })
    const second = trail({ sinks: { sink: other }, lock: real, leaseTtl: '15s' })
    first.start()
    await clock.advance(0)
    second.start()
    await clock.advance(60_000)
    await writer.append('a', 2)
    await clock.advance(1_000)
    isCut = true
    await clock.advance(40_000)
    await writer.append('a', 2)
    await clock.advance(5_000)
    expect(one.numbers('sample/a')).toEqual([1, 2])
    expect(other.numbers('sample/a')).toEqual([3, 4])
    expect(first.lag()).toMatchObject([{ role: 'standby' }])
    await second.close()
    isCut = false
    await writer.append('a')
    await clock.advance(5_000)
    expect(one.numbers('sample/a')).toEqual([1, 2, 5])
  })

  test('that was paused in a write and wakes under a successor does not move the bookmark back', async () => {
    const { trail, writer, clock, journal, told } = stage()
    const [one, other] = [new TestSink(), new TestSink()]
    await writer.append('a', 4)
    let wake = (): void => undefined
    one.before = () => new Promise<void>((resolve) => (wake = resolve))
    const first = trail({ sinks: { sink: one }, batch: 2, timeout: '1d', lock: memoryLock({ clock }) })
    first.start()
    await clock.advance(0)
    // Its lock is no help here: the successor has another one.
    const second = trail({ sinks: { sink: other }, batch: 3, lock: memoryLock({ clock }) })
    await second.drain()
    const kept = await journal.bookmark('main/sink')
    one.mend()
    wake()
    await clock.advance(0)
    expect(await journal.bookmark('main/sink')).toBe(kept)
    await writer.append('a', 2)
    await clock.advance(2_000)
    expect(told.filter(({ event }) => event === 'overtaken').map(({ payload }) => payload)).toEqual([
      { trail: 'main', sink: 'sink' },
    ])
    // Two records came twice; what each delivered is in order, and together it is all.
    expect(other.numbers('sample/a')).toEqual([1, 2, 3, 4])
    expect(one.numbers('sample/a')).toEqual([1, 2, 5, 6])
  })

  test('whose move was doubtful, and who finds another bookmark, goes on from that', async () => {
    const { trail, writer, clock, journal, told } = stage()
    const [one, other] = [new TestSink(), new TestSink()]
    await writer.append('a', 4)
    const rival = trail({ sinks: { sink: other }, batch: 4, lock: memoryLock({ clock }) })
    let moves = 0
    const feed = feedWith(journal, {
      moveBookmark: async (name, from, to) => {
        moves += 1
        if (moves > 1) return journal.moveBookmark(name, from, to)
        await rival.drain()
        throw new Error('no answer')
      },
    })
    trail({ sinks: { sink: one }, batch: 2, lock: memoryLock({ clock }) }, feed).start()
    await clock.advance(2_000)
    await writer.append('a')
    await clock.advance(2_000)
    expect(told.map(({ event }) => event)).toContain('overtaken')
    expect(one.numbers('sample/a')).toEqual([1, 2, 5])
    expect(other.numbers('sample/a')).toEqual([1, 2, 3, 4])
  })
})

describe('a lock that fails', () => {
  test('is asked again, and told of; nothing is delivered without it', async () => {
    const { trail, writer, clock, told } = stage()
    const real = memoryLock({ clock })
    let down = true
    const lock: Lock = {
      acquire: (resource, options) => {
        if (!down) return real.acquire(resource, options)
        return Promise.reject(new PhasegateError('LOCK_FAILED', 'no answer', { resource, cause: 'no answer' }))
      },
    }
    const sink = new TestSink()
    await writer.append('a')
    const running = trail({ sinks: { sink }, lock })
    running.start()
    await clock.advance(60_000)
    await expect(running.drain()).rejects.toMatchObject({ facts: { sinks: [{ cause: 'LOCK_FAILED: no answer' }] } })
    expect(sink.writes).toEqual([])
    expect(running.lag()).toMatchObject([{ role: 'standby', failing: { cause: 'LOCK_FAILED: no answer' } }])
    expect(told.length).toBeGreaterThan(5)
    expect(told[0]).toMatchObject({ event: 'failed', payload: { part: 'lock', sink: 'sink', tries: 1 } })
    down = false
    await clock.advance(60_000)
    expect(sink.entries).toHaveLength(1)
    expect(told.map(({ event }) => event)).toContain('recovered')
  })
})
