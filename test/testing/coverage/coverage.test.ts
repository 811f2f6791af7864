import { chart } from 'phasegate'
import { coverage, coverageReport, mergeCoverage, type VirtualClock } from 'phasegate/testing'
import { describe, expect, it, vi } from 'vitest'
import { valveOf, watched } from './valve.ts'

/** What was seen of the one chart. */
function seenBy(seen: ReturnType<typeof coverage>) {
  const [only, ...others] = seen.data()
  expect(others).toEqual([])
  if (only === undefined) throw new Error('no chart was seen')
  return only.seen
}

/** Lets time pass until the work has ended. */
async function through<Result>(clock: VirtualClock, work: Promise<Result>): Promise<Result> {
  await clock.advance(60_000)
  return work
}

describe('coverage', () => {
  it('knows a chart from its gate on, and has seen nothing of it yet', () => {
    const seen = coverage()
    watched(seen)
    expect(seen.data()).toMatchObject([{ chart: 'valve', version: 1 }])
    expect(Object.values(seenBy(seen)).flat()).toEqual([])
    expect(coverageReport(seen.data())[0]?.all).toEqual({ seen: 0, of: 23, ratio: 0 })
  })

  it('sees a flip that commits, part by part', async () => {
    const seen = coverage()
    const { subject } = watched(seen)
    await subject.flip('shut')
    expect(seenBy(seen)).toEqual({
      phases: ['open', 'shut'],
      flips: ['shut: committed'],
      guards: ['shut > calm: yes'],
      confirms: ['shut > tight: yes'],
      steps: ['shut > tag: done', 'shut > turn: done'],
      undos: [],
    })
  })

  it('sees a step that fails and its flip undone', async () => {
    const seen = coverage()
    const { subject, clock } = watched(seen, { step: false })
    await through(clock, subject.safeFlip('shut'))
    expect(seenBy(seen)).toMatchObject({
      phases: ['open'],
      flips: ['shut: rolled back'],
      steps: ['shut > tag: failed', 'shut > turn: done'],
      confirms: [],
      undos: ['shut > turn'],
    })
  })

  it('sees a confirm that is not true in time, and an undo that fails', async () => {
    const seen = coverage()
    const { subject, clock } = watched(seen, { confirm: false, undo: false })
    await through(clock, subject.safeFlip('shut'))
    expect(seenBy(seen)).toMatchObject({
      flips: ['shut: stuck'],
      confirms: ['shut > tight: timed out'],
      undos: ['shut > turn'],
    })
  })

  it('sees a no of a guard, and a flip that is illegal; of one that is not declared it sees nothing', async () => {
    const seen = coverage()
    const { subject } = watched(seen, { guard: false })
    await subject.safeFlip('shut')
    await subject.safeFlip('open')
    await subject.safeFlip('burst' as 'open')
    expect(seenBy(seen)).toMatchObject({ flips: ['open: illegal'], guards: ['shut > calm: no'], steps: [] })
  })

  it('sees the phase that an operator forces', async () => {
    const seen = coverage()
    const { subject } = watched(seen)
    await subject.force('gone', { actor: { id: 'ada' }, reason: 'a drill' })
    expect(seenBy(seen)).toMatchObject({ phases: ['gone'], flips: [] })
  })

  it('sees nothing where a flip is only explained', async () => {
    const seen = coverage()
    const { subject } = watched(seen)
    await subject.explain('shut')
    expect(Object.values(seenBy(seen)).flat()).toEqual([])
  })

  it('does not count a step that was told to stop as one that fails', async () => {
    const seen = coverage()
    let asked = ''
    const hung = chart('hung', { version: 1 })
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) =>
        f
          .from('a')
          .to('b')
          .step('wait', {
            run: ({ signal, flipId }) => (
              (asked = flipId), new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason)))
            ),
          }),
      )
      .build()
    const { subject, clock } = watched(seen, {}, hung as never)
    const going = subject.safeFlip('go' as 'shut')
    await clock.advance(10)
    await subject.cancel(asked, { reason: 'enough', actor: { id: 'kim' } })
    await through(clock, going)
    expect(seenBy(seen)).toMatchObject({ flips: ['go: rolled back'], steps: [] })
  })
})

describe('what there is to be seen', () => {
  it('leaves out what cannot happen', () => {
    const nothing = { run: () => null }
    const odd = chart('odd', { version: 1 })
      .transaction<object>()
      .phase('a', { initial: true })
      .phase('b')
      .flip('bare', (f) => f.from('a', 'b').to('b'))
      .flip('sure', (f) => f.from('a').to('b').step('only', nothing))
      .flip('checked', (f) =>
        f
          .from('a')
          .to('b')
          .confirm('there', () => true),
      )
      .flip('final', (f) =>
        f
          .from('a')
          .to('b')
          .step('cut', { ...nothing, irreversible: true }),
      )
      .flip('atomic', (f) =>
        f
          .from('a')
          .to('b')
          .transact('move', { run: async () => null, compensate: async () => undefined }),
      )
      .flip('atomic first', (f) =>
        f
          .from('a')
          .to('b')
          .transact('move', { run: async () => null, compensate: async () => undefined })
          .step('tell', nothing),
      )
      .flip('back', (f) => f.from('b').to('a'))
      .build()
    const seen = coverage()
    seen.attach({ chart: odd, on: () => () => undefined } as never)
    const { outline } = seen.data()[0] ?? {}
    expect(outline?.flips).toEqual([
      'atomic first: committed',
      'atomic first: illegal',
      'atomic first: rolled back',
      'atomic first: stuck',
      'atomic: committed',
      'atomic: illegal',
      'atomic: rolled back',
      'back: committed',
      'back: illegal',
      'bare: committed',
      'checked: committed',
      'checked: illegal',
      'checked: rolled back',
      'final: committed',
      'final: illegal',
      'final: stuck',
      'sure: committed',
      'sure: illegal',
      'sure: rolled back',
    ])
    expect(outline?.undos).toEqual(['atomic first > move'])
  })

  it('is told as seen and missed, with the share of it', async () => {
    const seen = coverage()
    const { subject } = watched(seen)
    await subject.flip('shut')
    const [told] = coverageReport(seen.data())
    expect(told?.kinds.guards).toEqual({ seen: 1, of: 2, ratio: 0.5, missed: ['shut > calm: no'] })
    expect(told?.kinds.undos).toEqual({ seen: 0, of: 1, ratio: 0, missed: ['shut > turn'] })
    expect(told?.all).toEqual({ seen: 7, of: 23, ratio: 7 / 23 })
  })

  it('is full where there is nothing of a kind', () => {
    const seen = coverage()
    const lamp = chart('lamp', { version: 1 }).phase('on', { initial: true, final: true }).build()
    watched(seen, {}, lamp as never)
    expect(coverageReport(seen.data())[0]?.kinds.steps).toEqual({ seen: 0, of: 0, ratio: 1, missed: [] })
  })

  it('is not mixed between versions, nor between contents, of a chart', async () => {
    const seen = coverage()
    await watched(seen, {}, valveOf(1)).subject.flip('shut')
    watched(seen, {}, valveOf(2))
    watched(seen, {}, valveOf(2, { lock: true }) as never)
    const reports = coverageReport(mergeCoverage(seen.data(), seen.data()))
    expect(reports.map(({ version, all }) => [version, all.seen]).sort()).toEqual([
      [1, 7],
      [2, 0],
      [2, 0],
    ])
  })
})

describe('the process', () => {
  it('has one collector, whichever copy of the module made it, and hears of all that is seen', async () => {
    const { everySeen, coverage: first } = await import('../../../src/testing/coverage/index.ts')
    vi.resetModules()
    const { everySeen: again, coverage: second } = await import('../../../src/testing/coverage/index.ts')
    expect(second).not.toBe(first)
    expect(again).toBe(everySeen)
    everySeen.take()
    await watched(second()).subject.flip('shut')
    await watched(everySeen).subject.safeFlip('open')
    const [taken] = everySeen.take()
    expect(taken?.seen.flips).toEqual(['open: illegal', 'shut: committed'])
    expect(everySeen.take()).toEqual([])
  })

  it('tells again what is seen again, after it was taken', async () => {
    const { everySeen } = await import('../../../src/testing/coverage/index.ts')
    const { subject } = watched(everySeen)
    await subject.safeFlip('open')
    everySeen.take()
    await subject.safeFlip('open')
    expect(everySeen.take()).toMatchObject([{ seen: { flips: ['open: illegal'], steps: [] } }])
  })
})
