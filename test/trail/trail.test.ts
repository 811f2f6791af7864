import { memoryJournal } from 'phasegate'
import {
  type AuditTrailOptions,
  auditTrail,
  callbackCheckpoints,
  callbackSink,
  newSigningKey,
  signer,
} from 'phasegate/audit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { upTo } from './entries.ts'
import { feedWith, stage, TestSink } from './stage.ts'

describe('lag', () => {
  test('of a trail that nobody has started says so', () => {
    const { trail } = stage()
    expect(trail({ sinks: { sink: new TestSink() } }).lag()).toEqual([
      {
        of: 'records',
        sink: 'sink',
        role: 'idle',
        delivered: 0,
        failures: 0,
        failing: undefined,
        behind: 0,
        oldestMs: 0,
        lastDeliveredAt: undefined,
      },
    ])
  })

  test('tells how many records wait, how old the oldest is, and since when nothing works', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    sink.fail('no route')
    const running = trail({ sinks: { sink }, batch: 2, poll: '1s' })
    await writer.append('a', 3)
    await clock.advance(5_000)
    running.start()
    const since = clock.now()
    await clock.advance(30_000)
    const [lag] = running.lag()
    expect(lag).toMatchObject({
      role: 'delivering',
      delivered: 0,
      behind: 3,
      oldestMs: 35_000,
      lastDeliveredAt: undefined,
    })
    expect(lag?.failing).toEqual({ since, tries: lag?.failures, cause: 'no route' })
    sink.mend()
    await running.drain()
    expect(running.lag()).toMatchObject([
      {
        delivered: 3,
        behind: 0,
        oldestMs: 0,
        failing: undefined,
        failures: lag?.failures,
        lastDeliveredAt: clock.now(),
      },
    ])
  })

  test('knows after a restart when the last was delivered', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    await writer.append('a')
    const first = trail({ sinks: { sink } })
    await first.drain()
    const at = clock.now()
    await first.close()
    await clock.advance(60_000)
    const second = trail({ sinks: { sink } })
    await second.drain()
    expect(second.lag()).toMatchObject([{ delivered: 0, lastDeliveredAt: at }])
  })

  test('asks nobody', async () => {
    const { trail, journal } = stage()
    const asked = vi.fn()
    const feed = feedWith(journal, { feed: asked, bookmark: asked, tips: asked })
    trail({ sinks: { sink: new TestSink() } }, feed).lag()
    expect(asked).not.toHaveBeenCalled()
  })
})

describe('close', () => {
  test('delivers what there is, gives the sinks back and leaves no timer', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    const running = trail({ sinks: { sink } })
    running.start()
    await clock.advance(0)
    await writer.append('a', 3)
    await running.close()
    expect(sink.numbers('sample/a')).toEqual(upTo(3))
    expect(running.lag()).toMatchObject([{ role: 'idle' }])
    const later = trail({ sinks: { sink } })
    await later.drain()
    await later.close()
    // The heartbeat of a lease that was given back ends by itself.
    await clock.advance(15_000)
    expect(clock.pending()).toBe(0)
  })

  test('again answers the same, and nothing can be begun any more', async () => {
    const { trail } = stage()
    const running = trail({ sinks: { sink: new TestSink() } })
    running.start()
    const closed = running.close()
    expect(running.close()).toBe(closed)
    await closed
    expect(() => running.start()).toThrow(expect.objectContaining({ code: 'TRAIL_CLOSED', facts: { trail: 'main' } }))
    await expect(running.drain()).rejects.toMatchObject({ code: 'TRAIL_CLOSED' })
  })

  test('of a trail that was never used delivers nothing', async () => {
    const { trail, writer } = stage()
    const sink = new TestSink()
    await writer.append('a')
    await trail({ sinks: { sink } }).close()
    expect(sink.writes).toEqual([])
  })

  test('does not fail for a sink that does, and does not wait for its next try', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    sink.fail()
    await writer.append('a')
    const running = trail({ sinks: { sink } })
    running.start()
    await clock.advance(600_000)
    const tries = sink.writes.length
    await running.close()
    expect(sink.writes.length).toBe(tries + 1)
  })

  test('waits no longer than it is told for a sink that does not answer', async () => {
    const { trail, writer, clock, journal } = stage()
    const sink = new TestSink()
    await writer.append('a')
    sink.before = () => new Promise(() => undefined)
    const running = trail({ sinks: { sink }, timeout: '1h' })
    running.start()
    await clock.advance(0)
    let isClosed = false
    const closed = running.close({ within: '5s' }).then(() => (isClosed = true))
    await clock.advance(4_999)
    expect(isClosed).toBe(false)
    await clock.advance(1)
    await closed
    sink.mend()
    const later = trail({ sinks: { sink } })
    await later.drain()
    expect(sink.numbers('sample/a')).toEqual([1])
    expect(await journal.bookmark('main/sink')).toContain('"delivered":1')
  })

  test('ends a drain that is under way', async () => {
    const { trail, writer, clock } = stage()
    const sink = new TestSink()
    await writer.append('a')
    sink.before = () => new Promise(() => undefined)
    const running = trail({ sinks: { sink }, timeout: '1h' })
    const drained = running.drain({ within: '1h' }).catch((error: unknown) => error)
    await clock.advance(0)
    const closed = running.close({ within: 0 })
    await clock.advance(2_000)
    await closed
    expect(await drained).toMatchObject({ facts: { sinks: [{ cause: 'the trail was closed' }] } })
  })
})

describe('the process', () => {
  test('is not kept alive by a trail that waits, but by whoever waits for it', async () => {
    const { trail, writer, clock } = stage()
    const background = new Set<boolean | undefined>()
    const watched: typeof clock = {
      ...clock,
      timer: (ms, fire, options) => {
        background.add(options?.background)
        return clock.timer(ms, fire, options)
      },
    }
    const sink = new TestSink()
    await writer.append('a')
    const running = trail({ sinks: { sink }, clock: watched })
    running.start()
    await clock.advance(60_000)
    sink.fail()
    await writer.append('a')
    await clock.advance(60_000)
    expect([...background]).toEqual([true])
    await running.drain().catch(() => undefined)
    expect([...background]).toEqual([true, undefined])
  })
})

describe('who listens', () => {
  test('is told what was delivered, and harms nothing by throwing', async () => {
    const { trail, writer } = stage()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const sink = new TestSink()
    await writer.append('a', 3)
    const running = trail({ sinks: { sink }, batch: 2 })
    const told: unknown[] = []
    running.on('delivered', () => {
      throw new Error('at once')
    })
    running.on('delivered', async () => {
      throw new Error('later')
    })
    const stop = running.on('delivered', (payload) => told.push(payload))
    await running.drain()
    expect(told).toEqual([
      { trail: 'main', sink: 'sink', records: 2 },
      { trail: 'main', sink: 'sink', records: 1 },
    ])
    expect(warned).toHaveBeenCalledTimes(4)
    stop()
    await writer.append('a')
    await running.drain()
    expect(told).toHaveLength(2)
  })

  test('to something that there is not is refused', () => {
    const { trail } = stage()
    const running = trail({ sinks: {} })
    expect(() => running.on('deliverd' as 'delivered', () => undefined)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})

describe('a sink that is a function', () => {
  test('has kept what it was given when what it returns resolves', async () => {
    const { trail, writer } = stage()
    const kept: number[] = []
    await writer.append('a', 2)
    await trail({
      sinks: { sink: callbackSink(async (entries) => void kept.push(...entries.map(({ n }) => n))) },
    }).drain()
    expect(kept).toEqual([1, 2])
  })

  test('fails by throwing, at once or later', async () => {
    const { trail, writer } = stage()
    await writer.append('a')
    const at = callbackSink(() => {
      throw new Error('at once')
    })
    const later = callbackSink(() => Promise.reject(new Error('later')))
    await expect(trail({ sinks: { at, later } }).drain()).rejects.toMatchObject({
      facts: {
        sinks: [
          { sink: 'at', cause: 'at once' },
          { sink: 'later', cause: 'later' },
        ],
      },
    })
  })

  test('must be one', () => {
    const wrong = undefined as unknown as () => unknown
    expect(() => callbackSink(wrong)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => callbackCheckpoints(wrong)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('options that cannot be', () => {
  const sink = { write: async () => undefined }
  const by = signer(newSigningKey('example.com/x').key)
  test.each<readonly [string, unknown, string]>([
    ['no name', { sinks: {} }, 'name'],
    ['a name with a slash', { name: 'a/b', sinks: {} }, 'name'],
    ['no sinks', { name: 'a' }, 'sinks'],
    ['a sink that is none', { name: 'a', sinks: { x: {} } }, 'sinks.x'],
    ['a sink by the name of checkpoints', { name: 'a', sinks: { checkpoints: sink } }, 'the name of a sink'],
    ['names that are too long together', { name: 'a', sinks: { ['x'.repeat(200)]: sink } }, 'the name of a sink'],
    ['no batch', { name: 'a', sinks: {}, batch: 0 }, 'batch'],
    ['no poll', { name: 'a', sinks: {}, poll: 0 }, 'poll'],
    ['a stranger', { name: 'a', sinks: {}, polling: 1 }, 'auditTrail options.polling'],
    ['checkpoints without a signer', { name: 'a', sinks: {}, checkpoints: { sink } }, 'checkpoints.signer'],
    ['checkpoints without a sink', { name: 'a', sinks: {}, checkpoints: { signer: by } }, 'checkpoints.sink'],
    ['a count of none', { name: 'a', sinks: {}, checkpoints: { signer: by, sink, count: 0 } }, 'checkpoints.count'],
  ])('are refused by name: %s', (_name, options, option) => {
    expect(() => auditTrail(memoryJournal(), options as AuditTrailOptions)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
    )
  })

  test('are refused: a journal that cannot be followed', () => {
    expect(() => auditTrail({} as never, { name: 'a', sinks: {} })).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ option: 'journal' }) }),
    )
  })
})
