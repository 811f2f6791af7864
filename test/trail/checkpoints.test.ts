import {
  type AuditCheckpoint,
  type AuditTrailOptions,
  fileCheckpoints,
  newSigningKey,
  readCheckpoints,
  signer,
  type Trail,
  verify,
} from 'phasegate/audit'
import { describe, expect, test } from 'vitest'
import { memoryLock } from '../../src/index.ts'
import { all } from '../../src/testing/contracts/journal-samples.ts'
import { dueIn } from '../../src/trail/checkpoints.ts'
import { newFolder } from '../adapters/file/folder.ts'
import { feedWith, type Stage, stage, TestSink } from './stage.ts'

const { key, verifier } = newSigningKey('example.com/audit')
const MINUTE = 60_000

/** A sink of checkpoints in memory, that does as a test wants. */
class Notes {
  readonly kept: AuditCheckpoint[] = []
  before: () => unknown = () => undefined

  async write(checkpoint: AuditCheckpoint): Promise<void> {
    await this.before()
    this.kept.push(checkpoint)
  }

  /** The value of an extension line of each note. */
  said(line: string): readonly string[] {
    return this.kept.map(({ note }) => new RegExp(`^${line} (.*)$`, 'm').exec(note)?.[1] ?? '')
  }
}

type More = Partial<AuditTrailOptions> & { readonly every?: '1h'; readonly count?: number }

function withNotes(on: Stage, notes: Notes, { every = '1h', count, ...more }: More = {}): Trail {
  return on.trail({
    sinks: { sink: new TestSink() },
    ...more,
    checkpoints: { signer: signer(key), sink: notes, every, count },
  })
}

/** What verify says of a journal and the checkpoints that were kept. */
async function verdict({ journal, clock }: Stage, kept: readonly AuditCheckpoint[]) {
  const { verdict, first, uncovered } = await verify({ journal, checkpoints: kept, keys: [verifier], now: clock.now() })
  return { verdict, first, uncovered: uncovered.records }
}

describe('checkpoints', () => {
  test('are made at the start, each interval also when nothing has changed, and at the close', async () => {
    const on = stage()
    const notes = new Notes()
    await on.writer.append('a', 2)
    await on.writer.append('b')
    const trail = withNotes(on, notes)
    trail.start()
    await on.clock.advance(0)
    expect(notes.said('seq')).toEqual(['1'])
    await on.writer.append('a')
    await on.clock.advance(59 * MINUTE)
    expect(notes.kept).toHaveLength(1)
    await on.clock.advance(MINUTE)
    await on.clock.advance(60 * MINUTE)
    expect(notes.said('seq')).toEqual(['1', '2', '3'])
    await on.writer.append('c')
    await trail.close()
    expect(notes.said('seq')).toEqual(['1', '2', '3', '4'])
    expect(notes.kept.map(({ complete, changed }) => [complete, changed.map(({ log, n }) => `${log} ${n}`)])).toEqual([
      [true, ['sample/a 2', 'sample/b 1']],
      [false, ['sample/a 3']],
      [false, []],
      [false, ['sample/c 1']],
    ])
    expect(await verdict(on, notes.kept)).toEqual({ verdict: 'ok', first: undefined, uncovered: 0 })
  })

  test('are made sooner when so many records were delivered', async () => {
    const on = stage()
    const notes = new Notes()
    withNotes(on, notes, { count: 10 }).start()
    await on.clock.advance(0)
    await on.writer.append('a', 9)
    await on.clock.advance(2_000)
    expect(notes.kept).toHaveLength(1)
    await on.writer.append('a', 1)
    await on.clock.advance(2_000)
    expect(notes.kept).toHaveLength(2)
    expect(notes.kept[1]?.changed).toMatchObject([{ log: 'sample/a', n: 10 }])
    await on.writer.append('a', 9)
    await on.clock.advance(2_000)
    expect(notes.kept).toHaveLength(2)
  })

  test('go on after a restart: the next number, the last note named, and complete', async () => {
    const on = stage()
    const notes = new Notes()
    await on.writer.append('a', 2)
    const first = withNotes(on, notes)
    first.start()
    await first.close()
    await on.writer.append('b')
    const second = withNotes(on, notes)
    second.start()
    await on.clock.advance(0)
    // None is due for that: the last was made a moment ago.
    expect(notes.kept).toHaveLength(1)
    await on.clock.advance(60 * MINUTE)
    expect(notes.said('seq')).toEqual(['1', '2'])
    expect(notes.kept[1]).toMatchObject({ complete: true, changed: [{ log: 'sample/a' }, { log: 'sample/b' }] })
    expect(await verdict(on, notes.kept)).toEqual({ verdict: 'ok', first: undefined, uncovered: 0 })
  })

  test('vouch for no more than the sinks that work have got', async () => {
    const on = stage()
    const notes = new Notes()
    const sink = new TestSink()
    await on.writer.append('a', 250)
    notes.before = () => expect(sink.numbers('sample/a')).toHaveLength(250)
    const trail = withNotes(on, notes, { sinks: { sink } })
    trail.start()
    await expect.poll(() => notes.kept.length).toBe(1)
    const told = on.told.map(({ event }) => event)
    expect(told).not.toContain('failed')
  })

  test('are made also while a sink is down, and when there is no sink of records', async () => {
    const on = stage()
    const [notes, others] = [new Notes(), new Notes()]
    const down = new TestSink()
    down.fail()
    await on.writer.append('a')
    withNotes(on, notes, { sinks: { down } }).start()
    withNotes(on, others, { sinks: {}, name: 'notes only' }).start()
    await on.clock.advance(60_000)
    expect(notes.kept).toHaveLength(1)
    expect(others.kept).toHaveLength(1)
  })

  test('of a journal in which nothing has happened are over nothing', async () => {
    const on = stage()
    const notes = new Notes()
    await withNotes(on, notes).drain()
    expect(notes.kept).toMatchObject([{ complete: true, changed: [] }])
    expect(notes.kept[0]?.note.split('\n')[1]).toBe('0')
  })

  test('are handed over from one key to the next, and the newest is enough to trust all', async () => {
    const on = stage()
    const notes = new Notes()
    const next = newSigningKey('example.com/audit')
    await on.writer.append('a')
    await withNotes(on, notes).drain()
    await on.writer.append('a')
    const rotated = on.trail({
      sinks: {},
      name: 'main',
      checkpoints: { signer: signer(next.key, key), sink: notes, every: '1h' },
    })
    rotated.start()
    await rotated.close()
    expect(notes.kept[1]?.note).toContain(`rotate ${verifier.split('+')[1]} ${next.verifier}`)
    const report = await verify({ journal: on.journal, checkpoints: notes.kept, keys: [next.verifier] })
    expect(report.verdict).toBe('ok')
  })
})

describe('a sink of checkpoints that fails', () => {
  test('is given the same again until it has it; meanwhile none is made, and lag tells its age', async () => {
    const on = stage()
    const notes = new Notes()
    const refused: unknown[] = []
    await on.writer.append('a')
    const trail = withNotes(on, notes)
    trail.start()
    await on.clock.advance(0)
    notes.before = () => {
      throw new Error('no route')
    }
    await on.clock.advance(180 * MINUTE)
    expect(trail.lag()).toMatchObject([
      { of: 'records' },
      {
        of: 'checkpoints',
        sink: 'checkpoints',
        role: 'delivering',
        seq: 1,
        ageMs: 180 * MINUTE,
        failing: { cause: 'no route' },
      },
    ])
    notes.before = () => refused.push('no longer')
    await on.clock.advance(MINUTE)
    // The one that was due two hours ago, and at once the one that is due now.
    expect(notes.said('seq')).toEqual(['1', '2', '3'])
    const [, second, third] = notes.said('time').map((time) => Date.parse(time))
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(119 * MINUTE)
    expect(trail.lag()).toMatchObject([{}, { seq: 3, delivered: 3, failing: undefined }])
    expect(await verdict(on, notes.kept)).toMatchObject({ verdict: 'ok' })
  })

  test('is not tried more often because records go on', async () => {
    const on = stage()
    const notes = new Notes()
    let tries = 0
    notes.before = () => {
      tries += 1
      throw new Error('no route')
    }
    withNotes(on, notes, { count: 1 }).start()
    for (let second = 0; second < 600; second++) {
      await on.writer.append('a')
      await on.clock.advance(1_000)
    }
    expect(tries).toBeGreaterThan(20)
    expect(tries).toBeLessThan(30)
  })

  test('holds up no record', async () => {
    const on = stage()
    const notes = new Notes()
    notes.before = () => new Promise(() => undefined)
    const sink = new TestSink()
    withNotes(on, notes, { sinks: { sink } }).start()
    await on.clock.advance(0)
    await on.writer.append('a', 3)
    await on.clock.advance(2_000)
    expect(sink.entries).toHaveLength(3)
  })

  test('fails a drain by the name of checkpoints', async () => {
    const on = stage()
    const notes = new Notes()
    notes.before = () => {
      throw new Error('no route')
    }
    await expect(withNotes(on, notes).drain()).rejects.toMatchObject({
      facts: { sinks: [{ sink: 'checkpoints', cause: 'no route' }] },
    })
  })
})

test('a sink that hangs does not keep the last checkpoint from being made', async () => {
  const on = stage()
  const notes = new Notes()
  const silent = new TestSink()
  const trail = withNotes(on, notes, { sinks: { silent }, timeout: '1h' })
  trail.start()
  await on.clock.advance(0)
  silent.before = () => new Promise(() => undefined)
  notes.before = () => new Promise<void>((resolve) => void on.clock.timer(3_000, resolve))
  await on.writer.append('a', 3)
  await on.clock.advance(2_000)
  const closed = trail.close({ within: '10s' })
  await on.clock.advance(12_000)
  await closed
  expect(notes.kept.at(-1)?.changed).toMatchObject([{ log: 'sample/a', n: 3 }])
})

describe('a process that dies', () => {
  test('after the sink has a checkpoint, and before the journal knows: the number comes again, and both hold', async () => {
    const on = stage()
    const notes = new Notes()
    await on.writer.append('a', 2)
    const dying = feedWith(on.journal, { moveBookmark: () => new Promise(() => undefined) })
    const options = { sinks: {}, lock: memoryLock({ clock: on.clock }) }
    on.trail({ ...options, checkpoints: { signer: signer(key), sink: notes } }, dying).start()
    await on.clock.advance(0)
    expect(notes.said('seq')).toEqual(['1'])
    await on.writer.append('a')
    const next = withNotes(on, notes, { ...options, lock: memoryLock({ clock: on.clock }) })
    next.start()
    await on.clock.advance(60 * MINUTE)
    expect(notes.said('seq')).toEqual(['1', '1', '2'])
    expect(await verdict(on, notes.kept)).toEqual({ verdict: 'ok', first: undefined, uncovered: 0 })
  })

  test('while another makes checkpoints, too: the bookmark tells, and it makes the next complete', async () => {
    const on = stage()
    const notes = new Notes()
    await on.writer.append('a')
    let release: (() => void) | undefined
    const slow = feedWith(on.journal, {
      moveBookmark: async (name, from, to) => {
        if (release === undefined) await new Promise<void>((resolve) => (release = resolve))
        return on.journal.moveBookmark(name, from, to)
      },
    })
    const checkpoints = { signer: signer(key), sink: notes, every: '1h' } as const
    on.trail({ sinks: {}, checkpoints, lock: memoryLock({ clock: on.clock }) }, slow).start()
    await on.clock.advance(0)
    await withNotes(on, notes, { sinks: {}, lock: memoryLock({ clock: on.clock }) }).drain()
    release?.()
    await on.clock.advance(60 * MINUTE)
    expect(on.told.filter(({ event }) => event === 'overtaken')).toHaveLength(1)
    expect(notes.said('seq')).toEqual(['1', '1', '2'])
    expect(notes.kept[2]?.complete).toBe(true)
    expect(await verdict(on, notes.kept)).toMatchObject({ verdict: 'ok' })
  })
})

test('what the bookmark says is judged: another text than a checkpoint is not written over', async () => {
  const on = stage()
  const notes = new Notes()
  await on.journal.moveBookmark('main/checkpoints', undefined, '{"v":1,"note":"forged","at":1}')
  await expect(withNotes(on, notes).drain()).rejects.toMatchObject({ facts: { sinks: [{ sink: 'checkpoints' }] } })
  expect(notes.kept).toEqual([])
})

test('a file of checkpoints goes through restarts and verifies', async () => {
  const on = stage()
  const path = `${newFolder()}/checkpoints.jsonl`
  for (let run = 0; run < 3; run++) {
    await on.writer.append(`s${run}`, 3)
    const trail = on.trail({ sinks: {}, checkpoints: { signer: signer(key), sink: fileCheckpoints(path) } })
    trail.start()
    await trail.close()
  }
  expect(await all(readCheckpoints(path))).toHaveLength(3)
  const report = await verify({ journal: on.journal, checkpoints: path, keys: [verifier] })
  expect(report).toMatchObject({ verdict: 'ok', uncovered: { records: 0 }, checkpoints: { seq: 3 } })
})

test.each([
  ['never made', { at: undefined, since: 0, now: 5 }, 0],
  ['made just now', { at: 1_000, since: 0, now: 1_000 }, 100],
  ['made a while ago', { at: 1_000, since: 9, now: 1_060 }, 40],
  ['overdue', { at: 1_000, since: 0, now: 5_000 }, 0],
  ['with enough records', { at: 1_000, since: 10, now: 1_001 }, 0],
  ['made in the future, by a clock that was set back', { at: 9_000, since: 0, now: 1_000 }, 100],
] as const)('when the next is due: %s', (_name, state, wanted) => {
  expect(dueIn(state, { everyMs: 100, count: 10 })).toBe(wanted)
})
