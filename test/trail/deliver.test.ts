import { memoryLock } from 'phasegate'
import { auditTrail } from 'phasegate/audit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { inOrder, upTo } from './entries.ts'
import { feedWith, stage, TestSink } from './stage.ts'

const HOUR = 3_600_000

describe('what a journal records', () => {
  test('comes to every sink, sealed as it is stored, each subject in order', async () => {
    const { trail, writer, journal } = stage()
    const [one, other] = [new TestSink(), new TestSink()]
    await writer.append('a', 3)
    await writer.append('b/ü', 2)
    await writer.append('a', 2)
    await trail({ sinks: { one, other }, batch: 2 }).drain()
    expect(one.entries).toEqual(other.entries)
    expect(one.numbers('sample/a')).toEqual(upTo(5))
    expect(one.numbers('sample/b%2Fü')).toEqual(upTo(2))
    const stored = []
    for await (const { header, payload, hash } of journal.history({ chart: 'sample', id: 'a' }))
      stored.push({ log: 'sample/a', n: stored.length + 1, header, payload, hash })
    expect(one.entries.filter(({ log }) => log === 'sample/a')).toEqual(stored)
  })

  test('while a trail is started comes as it is recorded, within a poll, without asking for it', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    trail({ sinks: { sink }, poll: '1s' }).start()
    await clock.advance(0)
    await writer.append('a', 3)
    await clock.advance(1_000)
    expect(sink.numbers('sample/a')).toEqual(upTo(3))
    await writer.append('a')
    await clock.advance(1_000)
    expect(sink.numbers('sample/a')).toEqual(upTo(4))
  })

  test('comes once more from where it was left, after a restart, and not again', async () => {
    const { trail, writer } = stage()
    const sink = new TestSink()
    await writer.append('a', 5)
    const first = trail({ sinks: { sink }, batch: 2 })
    await first.drain()
    await first.close()
    await writer.append('a', 2)
    await trail({ sinks: { sink }, batch: 2 }).drain()
    expect(sink.numbers('sample/a')).toEqual(upTo(7))
  })

  test('comes again when the process died between the sink and the bookmark: at least once', async () => {
    const { trail, writer, journal } = stage()
    const sink = new TestSink()
    await writer.append('a', 3)
    const dying = feedWith(journal, { moveBookmark: () => new Promise(() => undefined) })
    const first = trail({ sinks: { sink }, batch: 2, lock: memoryLock() }, dying)
    first.start()
    await expect.poll(() => sink.entries.length).toBe(2)
    await trail({ sinks: { sink }, batch: 2, lock: memoryLock() }).drain()
    expect(sink.numbers('sample/a')).toEqual([1, 2, 1, 2, 3])
  })

  test('is kept for a sink that comes later, from the beginning', async () => {
    const { trail, writer } = stage()
    const [early, late] = [new TestSink(), new TestSink()]
    await writer.append('a', 3)
    const first = trail({ sinks: { early } })
    await first.drain()
    await first.close()
    await trail({ sinks: { early, late } }).drain()
    expect(early.numbers('sample/a')).toEqual(upTo(3))
    expect(late.numbers('sample/a')).toEqual(upTo(3))
  })
})

describe('a sink that fails', () => {
  test('for an hour gets everything in order when it is back, and holds up nobody', async () => {
    const { trail, writer, clock, told } = stage()
    const [down, up] = [new TestSink(), new TestSink()]
    down.fail()
    const running = trail({ sinks: { down, up }, batch: 10, poll: '1s' })
    running.start()
    for (let minute = 0; minute < 60; minute++) {
      await writer.append(`s${minute % 3}`, 5)
      await clock.advance(60_000)
      expect(up.entries).toHaveLength((minute + 1) * 5)
    }
    expect(down.entries).toEqual([])
    // Half of the cap: chance is one half. So it is tried about twice a minute, and never given up.
    expect(down.writes.length).toBeGreaterThan(100)
    expect(down.writes.length).toBeLessThan(150)
    const failures = told.filter(({ event }) => event === 'failed')
    expect(failures).toHaveLength(down.writes.length)
    expect(failures.at(-1)?.payload).toMatchObject({ sink: 'down', part: 'sink', cause: 'down', behind: 5 })
    expect(running.lag()).toMatchObject([
      // What the other sink has got tells how far behind this one is.
      { sink: 'down', behind: 300, oldestMs: 60 * 60_000, failing: { tries: failures.length, cause: 'down' } },
      { sink: 'up', behind: 0, oldestMs: 0, delivered: 300, failing: undefined },
    ])
    down.mend()
    await clock.advance(60_000)
    await running.drain()
    expect(inOrder(down.entries)).toEqual({ 'sample/s0': upTo(100), 'sample/s1': upTo(100), 'sample/s2': upTo(100) })
    expect(down.entries).toEqual(up.entries)
    expect(told.filter(({ event }) => event === 'recovered').map(({ payload }) => payload)).toEqual([
      expect.objectContaining({ trail: 'main', sink: 'down', tries: failures.length }),
    ])
  })

  test('is given the very same again, and nothing is read ahead', async () => {
    const { trail, writer, clock, journal } = stage()
    const sink = new TestSink()
    let read = 0
    const counting = feedWith(journal, {
      feed: async (after, limit) => {
        const page = await journal.feed(after, limit)
        read += page.entries.length
        return page
      },
    })
    await writer.append('a', 100)
    sink.fail()
    trail({ sinks: { sink }, batch: 10 }, counting).start()
    await clock.advance(HOUR)
    expect(new Set(sink.writes)).toEqual(new Set([10]))
    expect(read).toBe(10)
  })

  test('waits longer each time, up to a minute', async () => {
    const { trail, writer, clock, told } = stage()
    const sink = new TestSink()
    await writer.append('a')
    sink.fail()
    trail({ sinks: { sink } }).start()
    await clock.advance(HOUR / 4)
    const waits = told.flatMap(({ event, payload }) =>
      event === 'failed' && 'retryMs' in payload ? payload.retryMs : [],
    )
    expect(waits.slice(0, 10)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  test('by not answering is tried again after its time, and nothing waits for it for ever', async () => {
    const { trail, writer, clock, told } = stage()
    const [silent, other] = [new TestSink(), new TestSink()]
    await writer.append('a')
    silent.before = () => new Promise(() => undefined)
    trail({ sinks: { silent, other }, timeout: '5s' }).start()
    await clock.advance(4_999)
    expect(other.entries).toHaveLength(1)
    expect(silent.writes).toEqual([1])
    await clock.advance(500)
    expect(silent.writes).toEqual([1, 1])
    expect(told.find(({ event }) => event === 'failed')?.payload).toMatchObject({
      sink: 'silent',
      part: 'sink',
      error: { code: 'SINK_FAILED', facts: { sink: 'silent', cause: 'no answer within 5s' } },
    })
  })

  test('warns the process, once, when nobody listens', async () => {
    const { clock, writer, journal } = stage()
    const sink = new TestSink()
    await writer.append('a')
    sink.fail('no route to host')
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const trail = auditTrail(journal, { name: 'quiet', sinks: { sink }, clock, random: () => 0.5 })
    trail.start()
    await clock.advance(60_000)
    await trail.close({ within: 0 })
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      'audit trail "quiet", sink "sink": no route to host',
    ])
  })
})

describe('a journal that fails', () => {
  test.each(['bookmark', 'feed', 'moveBookmark'] as const)('at %s loses nothing and is asked again', async (method) => {
    const { trail, writer, clock, journal, told } = stage()
    const sink = new TestSink()
    let down = true
    const feed = feedWith(journal, {
      [method]: async (...args: never[]) => {
        if (down) throw new Error('no journal')
        return (journal[method] as (...given: never[]) => unknown)(...args)
      },
    })
    await writer.append('a', 3)
    trail({ sinks: { sink } }, feed).start()
    await clock.advance(HOUR / 10)
    const failures = told.filter(({ event }) => event === 'failed').map(({ payload }) => payload)
    expect(failures.length).toBeGreaterThan(5)
    expect(failures.at(-1)).toMatchObject({
      sink: 'sink',
      part: 'journal',
      cause: 'no journal',
      tries: failures.length,
    })
    down = false
    await clock.advance(60_000)
    expect(sink.numbers('sample/a')).toEqual(upTo(3))
  })

  test('to answer whether the bookmark was moved is asked what it says before it is moved again', async () => {
    const { trail, writer, clock, journal } = stage()
    const sink = new TestSink()
    const asked: string[] = []
    const feed = feedWith(journal, {
      bookmark: (name) => (asked.push('bookmark'), journal.bookmark(name)),
      moveBookmark: async (name, from, to) => {
        asked.push('move')
        await journal.moveBookmark(name, from, to)
        if (asked.length < 4) throw new Error('no answer')
        return true
      },
    })
    await writer.append('a', 3)
    trail({ sinks: { sink } }, feed).start()
    await clock.advance(60_000)
    expect(asked).toEqual(['bookmark', 'move', 'bookmark'])
    expect(sink.numbers('sample/a')).toEqual(upTo(3))
  })

  test('with a bookmark that no trail has left is not written over', async () => {
    const { trail, journal, writer } = stage()
    await writer.append('a')
    await journal.moveBookmark('main/sink', undefined, '{"v":2}')
    const sink = new TestSink()
    await expect(trail({ sinks: { sink } }).drain()).rejects.toMatchObject({
      code: 'TRAIL_BEHIND',
      facts: { sinks: [{ sink: 'sink', cause: expect.stringContaining('JOURNAL_UNFIT') }] },
    })
    expect(await journal.bookmark('main/sink')).toBe('{"v":2}')
    expect(sink.writes).toEqual([])
  })

  test('by a record that is not what was written is followed nevertheless', async () => {
    const { trail, journal, writer } = stage()
    await writer.append('a', 3)
    const forged = feedWith(journal, {
      feed: async (after, limit) => {
        const page = await journal.feed(after, limit)
        const entries = page.entries.map((entry, index) =>
          index === 1 ? { ...entry, sealed: { ...entry.sealed, header: 'forged' } } : entry,
        )
        return { ...page, entries }
      },
    })
    const sink = new TestSink()
    await trail({ sinks: { sink } }, forged).drain()
    expect(sink.numbers('sample/a')).toEqual([1, 0, 3])
    expect(sink.entries[1]?.header).toBe('forged')
  })
})

describe('drain', () => {
  test('delivers what was recorded while it was under way to be asked, also when a sink is slow', async () => {
    const { trail, writer } = stage()
    const sink = new TestSink()
    await writer.append('a', 2)
    const running = trail({ sinks: { sink } })
    sink.before = () => writer.append('b')
    const first = running.drain()
    sink.mend()
    await first
    await writer.append('a')
    await Promise.all([running.drain(), running.drain()])
    expect(sink.numbers('sample/a')).toEqual(upTo(3))
  })

  test('that is asked for while another is under way sees what was recorded in between', async () => {
    const { trail, writer, journal } = stage()
    const sink = new TestSink()
    let late: Promise<void> | undefined
    const feed = feedWith(journal, {
      feed: async (after, limit) => {
        const page = await journal.feed(after, limit)
        if (late === undefined) {
          await writer.append('a')
          late = running.drain()
        }
        return page
      },
    })
    const running = trail({ sinks: { sink } }, feed)
    await running.drain()
    await late
    expect(sink.numbers('sample/a')).toEqual([1])
  })

  test('serves the sinks that work, and names those that do not', async () => {
    const { trail, writer } = stage()
    const [down, up] = [new TestSink(), new TestSink()]
    down.fail('no space')
    await writer.append('a', 3)
    await expect(trail({ sinks: { down, up } }).drain()).rejects.toMatchObject({
      code: 'TRAIL_BEHIND',
      message: 'audit trail "main" is behind at down (no space)',
      facts: { trail: 'main', sinks: [{ sink: 'down', cause: 'no space' }] },
    })
    expect(up.numbers('sample/a')).toEqual(upTo(3))
    expect(down.writes).toEqual([3])
  })

  test('tries a sink at once that waits for its next try', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    sink.fail()
    await writer.append('a')
    const running = trail({ sinks: { sink } })
    running.start()
    await clock.advance(HOUR)
    sink.mend()
    await running.drain()
    expect(sink.entries).toHaveLength(1)
  })

  test('waits for what the journal withholds, and not for ever', async () => {
    const { trail, writer, clock, journal } = stage()
    const sink = new TestSink()
    await writer.append('a')
    let withheld = true
    const feed = feedWith(journal, {
      feed: async (after, limit) =>
        withheld ? { entries: [], cursor: after, more: false, withheld } : journal.feed(after, limit),
    })
    const running = trail({ sinks: { sink } }, feed)
    const refusal = running.drain({ within: '10s' }).catch((error: unknown) => error)
    await clock.advance(10_000)
    expect(await refusal).toMatchObject({ facts: { sinks: [{ cause: 'it was not within 10s' }] } })
    expect(running.lag()).toMatchObject([{ behind: 1, oldestMs: 10_000 }])
    const drained = running.drain()
    withheld = false
    await clock.advance(1_000)
    await drained
    expect(sink.entries).toHaveLength(1)
    expect(running.lag()).toMatchObject([{ behind: 0, oldestMs: 0 }])
  })

  test('of a trail without sinks is done', async () => {
    const { trail } = stage()
    await expect(trail({ sinks: {} }).drain()).resolves.toBeUndefined()
  })
})

describe('the process', () => {
  test('has its other work done while a long backlog is delivered', async () => {
    const { trail, writer } = stage()
    const sink = new TestSink()
    await writer.append('a', 50)
    let turns = 0
    const other = setInterval(() => turns++, 0)
    sink.before = () => {
      // Long enough for the timer to be due each time.
      const until = performance.now() + 2
      while (performance.now() < until);
    }
    await trail({ sinks: { sink }, batch: 1 }).drain()
    clearInterval(other)
    expect(turns).toBeGreaterThan(25)
  })
})
