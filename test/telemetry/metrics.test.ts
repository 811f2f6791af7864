import { type Actor, chart, createGate, type GateEvents, memoryJournal, policy } from 'phasegate'
import { openTelemetry } from 'phasegate/otel'
import { describe, expect, test, vi } from 'vitest'
import { mortal, over, signal, stage } from '../gate/stage.ts'
import { type Acts, fail, never, open, order, porter } from './bay.ts'
import { metrics, type Series, spans } from './sdk.ts'

function measured(acts: Acts = {}, on = stage(), found = metrics()) {
  return { ...open(openTelemetry({ meter: found.meter }), acts, on), ...found }
}

const pause = (clock: { timer(ms: number, fire: () => void): unknown }, ms: number) =>
  new Promise<void>((resolve) => void clock.timer(ms, resolve))

const RAISE = { chart: 'bay', flip: 'raise' }

describe('flips, by how they ended', () => {
  test('committed: how many, and how long from the request on', async () => {
    const on = stage()
    const { bay, clock, of } = measured({ 'step lift': () => pause(on.clock, 5_000) }, on)
    const asked = bay.flip('raise')
    await clock.advance(5_000)
    await asked
    expect(await of('phasegate.flips')).toEqual([{ labels: { ...RAISE, outcome: 'committed' }, value: 1 }])
    expect(await of('phasegate.flip.duration')).toEqual([
      { labels: { ...RAISE, outcome: 'committed' }, value: { count: 1, sum: 5 } },
    ])
  })

  test('rolled back, stuck, then resolved; and how long it took to go back', async () => {
    const on = stage()
    const undo = vi.fn((): unknown => pause(on.clock, 3_000))
    const { bay, clock, of } = measured({ 'step lift': fail, 'undo lift': undo }, on)
    const back = bay.safeFlip('raise')
    await clock.advance(10_000)
    await back
    expect(await of('phasegate.rollback.duration')).toEqual([{ labels: RAISE, value: { count: 1, sum: 3 } }])
    undo.mockImplementation(fail)
    const stuck = bay.safeFlip('raise')
    await clock.advance(10_000)
    const { error } = await stuck
    await bay.resolve((error?.facts as { flipId: string }).flipId, 'skip', order)
    expect(await of('phasegate.flips')).toEqual([
      { labels: { ...RAISE, outcome: 'rolledBack' }, value: 2 },
      { labels: { ...RAISE, outcome: 'stuck' }, value: 1 },
    ])
    // The time in which it waited for a person is not that of going back.
    expect(await of('phasegate.rollback.duration')).toEqual([{ labels: RAISE, value: { count: 1, sum: 3 } }])
  })

  test('interrupted; and how many are in progress until then', async () => {
    const { gate, bay, clock, of } = measured({ 'step lift': never })
    const asked = bay.safeFlip('raise')
    await clock.advance(0)
    expect(await of('phasegate.flips.in_progress')).toEqual([{ labels: RAISE, value: 1 }])
    const closing = gate.close({ within: 0 })
    await clock.advance(1_000)
    await Promise.all([closing, asked])
    expect(await of('phasegate.flips')).toEqual([{ labels: { ...RAISE, outcome: 'interrupted' }, value: 1 }])
    expect(await of('phasegate.flips.in_progress')).toEqual([])
    expect(await of('phasegate.lease.losses')).toEqual([{ labels: { chart: 'bay', reason: 'GATE_CLOSED' }, value: 1 }])
  })

  test('a shared or refused outcome is no flip', async () => {
    const { bay, of } = measured()
    await Promise.all([1, 2].map(() => bay.flip('raise', undefined, { key: 'k' })))
    await bay.flip('raise', undefined, { key: 'k' })
    await bay.safeFlip('raise')
    expect(await of('phasegate.flips')).toEqual([{ labels: { ...RAISE, outcome: 'committed' }, value: 1 }])
    expect(await of('phasegate.flips.in_progress')).toEqual([])
  })
})

test('every part is timed with all its tries, by its name and kind and whether it was done', async () => {
  const on = stage()
  const { bay, clock, of } = measured(
    { 'guard clear': () => pause(on.clock, 2_000).then(() => true), 'step lift': fail },
    on,
  )
  const asked = bay.safeFlip('raise')
  await clock.advance(10_000)
  await asked
  const lines = (await of('phasegate.step.duration')).map(({ labels, value }) => [
    `${labels.part} ${labels.step} ${labels.outcome}`,
    value,
  ])
  expect(lines).toEqual([
    ['guard clear done', { count: 1, sum: 2 }],
    ['step unlock done', { count: 1, sum: 0 }],
    // Two tries, with half a second of random wait between them.
    ['step lift failed', { count: 1, sum: 0.5 }],
    ['undo lift done', { count: 1, sum: 0 }],
    ['undo unlock done', { count: 1, sum: 0 }],
  ])
})

describe('partial and stuck flips, by the journal', () => {
  test('are counted for the chart, whoever left them', async () => {
    const on = stage()
    const dead = mortal(on.journal)
    const owner = open(undefined, { 'step lift': never }, { ...on, journal: dead.journal })
    for (const id of ['a', 'b']) void owner.gate.subject(id).safeFlip('raise')
    await on.clock.advance(0)
    dead.die()
    await on.clock.advance(20_000)
    const { gate, clock, of } = measured({ 'step unlock': fail, 'undo unlock': fail }, on)
    const stuck = gate.subject('c').safeFlip('raise')
    await clock.advance(60_000)
    await stuck
    expect(await of('phasegate.flips.partial')).toEqual([{ labels: { chart: 'bay' }, value: 2 }])
    expect(await of('phasegate.flips.stuck')).toEqual([{ labels: { chart: 'bay' }, value: 1 }])
  })

  test('are asked for at most every ten seconds, however often they are looked at', async () => {
    const on = stage()
    const abandoned = vi.fn(on.journal.abandoned.bind(on.journal))
    const stuck = vi.fn(on.journal.stuck.bind(on.journal))
    const { clock, all } = measured({}, { ...on, journal: over(on.journal, { abandoned, stuck }) })
    await Promise.all([all(), all()])
    await clock.advance(9_999)
    await all()
    expect([abandoned, stuck].map(({ mock }) => mock.calls)).toEqual([[['bay', 1_000]], [['bay', 1_000]]])
    await clock.advance(1)
    await all()
    expect([abandoned, stuck].map(({ mock }) => mock.calls.length)).toEqual([2, 2])
  })

  test('are not numbers when the journal does not answer, and that is reported', async () => {
    const on = stage()
    const abandoned = vi.fn(async (): Promise<readonly string[]> => ['north'])
    const { gate, of, all, clock } = measured({}, { ...on, journal: over(on.journal, { abandoned }) })
    const reported: GateEvents['error'][] = []
    gate.on('error', (event) => reported.push(event))
    expect(await of('phasegate.flips.partial')).toEqual([{ labels: { chart: 'bay' }, value: 1 }])
    abandoned.mockRejectedValue(new Error('down'))
    await clock.advance(10_000)
    expect(await of('phasegate.flips.partial')).toEqual([{ labels: { chart: 'bay' }, value: Number.NaN }])
    expect(reported).toMatchObject([{ during: 'telemetry', error: { message: 'down' } }])
    expect((await all()).filter(({ name }) => name === 'phasegate.flips.stuck')).toHaveLength(1)
  })

  test('are told no more once the gate is closed', async () => {
    const { gate, all } = measured({}, stage(), metrics({ forgets: true }))
    const partial = async () => (await all()).filter(({ name }) => name === 'phasegate.flips.partial')
    expect(await partial()).toHaveLength(1)
    await gate.close()
    expect(await partial()).toEqual([])
  })
})

test('contention: who is refused because of another, who waits, and for how long', async () => {
  const spray = signal()
  const { gate, bay, clock, of } = measured({ 'step spray': () => spray.promise })
  void bay.flip('hose')
  await clock.advance(0)
  await bay.safeFlip('raise')
  await gate.subject('south').safeFlip('hose')
  const waiting = [
    bay.flip('raise', undefined, { wait: '1m' }),
    gate.subject('south').flip('hose', undefined, { wait: '1m' }),
  ]
  const late = bay.safeFlip('raise', undefined, { wait: '4s' })
  await clock.advance(9_000)
  spray.resolve()
  await clock.advance(5_000)
  await Promise.all([...waiting, late])
  const hose = { chart: 'bay', flip: 'hose' }
  expect(await of('phasegate.contention')).toEqual([
    { labels: { ...RAISE, outcome: 'refused' }, value: 2 },
    { labels: { ...RAISE, outcome: 'waited' }, value: 1 },
    { labels: { ...hose, outcome: 'refused' }, value: 1 },
    { labels: { ...hose, outcome: 'waited' }, value: 1 },
  ])
  expect(await of('phasegate.wait.duration')).toEqual([
    { labels: RAISE, value: { count: 2, sum: 13 } },
    { labels: hose, value: { count: 1, sum: 9 } },
  ])
})

test('refusals by code, denials by guard, and those without leave by what they asked', async () => {
  const { bay, of } = measured({ 'guard clear': () => false })
  await bay.safeFlip('raise')
  await bay.safeFlip('raise')
  await bay.safeFlip('close')
  await bay.safeFlip('lower')
  await bay.safeFlip('lurch' as 'raise')
  const thief: Actor = { id: 'thief' }
  await bay.force('open', { actor: thief, reason: 'night' }).catch(() => undefined)
  await bay.prune({ actor: thief, reason: 'night', olderThan: '1d' }).catch(() => undefined)
  expect(await of('phasegate.refusals')).toEqual([
    { labels: { ...RAISE, reason: 'GUARD_REFUSED' }, value: 2 },
    { labels: { chart: 'bay', flip: 'close', reason: 'FLIP_ILLEGAL' }, value: 1 },
    { labels: { chart: 'bay', flip: 'lower', reason: 'UNAUTHORISED' }, value: 1 },
    { labels: { chart: 'bay', flip: 'unknown', reason: 'FLIP_UNKNOWN' }, value: 1 },
  ])
  expect(await of('phasegate.denials')).toEqual([{ labels: { ...RAISE, reason: 'clear' }, value: 2 }])
  expect(await of('phasegate.unauthorised')).toStrictEqual([
    { labels: { chart: 'bay', flip: 'lower', reason: 'flip' }, value: 1 },
    { labels: { chart: 'bay', reason: 'force' }, value: 1 },
    { labels: { chart: 'bay', reason: 'prune' }, value: 1 },
  ])
})

test('a former owner whose write is refused was fenced; one whose lease ran out has lost it', async () => {
  const lift = signal()
  const on = stage()
  const { gate, bay, clock, of } = measured(
    { 'step lift': () => lift.promise, 'step spray': never },
    {
      ...on,
      journal: over(on.journal, { renew: () => Promise.resolve(false) }),
    },
  )
  const lost = gate.subject('south').safeFlip('hose')
  await clock.advance(5_000)
  await lost
  const fenced = bay.safeFlip('raise')
  await clock.advance(0)
  await open(undefined, {}, on).bay.force('shut', order)
  lift.resolve()
  await fenced
  expect(await of('phasegate.lease.losses')).toEqual([
    { labels: { chart: 'bay', reason: 'LEASE_LOST' }, value: 1 },
    { labels: { chart: 'bay', reason: 'FENCED' }, value: 1 },
  ])
  expect(await of('phasegate.fenced')).toEqual([{ labels: { chart: 'bay' }, value: 1 }])
})

test('an adoption is counted by who adopts, and its duration is that of the whole flip', async () => {
  const on = stage()
  const dead = mortal(on.journal)
  void open(undefined, { 'step lift': never }, { ...on, journal: dead.journal }).bay.safeFlip('raise')
  await on.clock.advance(0)
  dead.die()
  await on.clock.advance(20_000)
  const { gate, of } = measured({}, on)
  await gate.recover()
  expect(await of('phasegate.adoptions')).toEqual([{ labels: RAISE, value: 1 }])
  expect(await of('phasegate.flip.duration')).toEqual([
    { labels: { ...RAISE, outcome: 'committed' }, value: { count: 1, sum: 20 } },
  ])
})

test('orders that pass by the chart are counted by their kind', async () => {
  const { meter, of } = metrics()
  const lock = chart('lock', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open')
    .operators('porter')
    .flip('open', (f) =>
      f
        .from('shut')
        .to('open')
        .allow('porter')
        .guard(
          'by day',
          policy(() => false),
        )
        .step('turn', { run: fail, compensate: { run: fail, retry: { attempts: 1 } } }),
    )
    .flip('close', (f) => f.from('open').to('shut').allow('porter'))
    .build()
  const gate = createGate(lock, { telemetry: openTelemetry({ meter }) })
  const front = gate.subject('front')
  for (const how of ['skip', 'force', 'retry'] as const) {
    const { error } = await front.safeFlip('open', undefined, { actor: porter, breakGlass: order })
    await front.resolve((error?.facts as { flipId: string }).flipId, how, order)
    await front.force('shut', order)
  }
  expect(await of('phasegate.overrides')).toEqual([
    { labels: { chart: 'lock', reason: 'forced' }, value: 3 },
    { labels: { chart: 'lock', reason: 'skip' }, value: 1 },
    { labels: { chart: 'lock', reason: 'force' }, value: 1 },
    { labels: { chart: 'lock', reason: 'breakGlass' }, value: 3 },
  ])
})

test('how long a phase lasted is told when it is left; of the first of a subject nobody knows', async () => {
  const { bay, clock, of } = measured()
  await bay.flip('raise')
  await clock.advance(60_000)
  await bay.flip('close')
  await clock.advance(5_000)
  await bay.force('open', order)
  expect(await of('phasegate.phase.duration')).toEqual([
    { labels: { chart: 'bay', phase: 'open' }, value: { count: 1, sum: 60 } },
    { labels: { chart: 'bay', phase: 'shut' }, value: { count: 1, sum: 5 } },
  ])
})

test('coverage: flips whose span was sampled are counted beside all of them', async () => {
  const { meter, of } = metrics()
  const on = stage()
  for (const sampled of [true, false]) {
    const telemetry = openTelemetry({ meter, tracer: spans({ sampled }).tracer })
    await open(telemetry, {}, on).bay.flip(sampled ? 'raise' : 'close')
  }
  expect((await of('phasegate.flips')).map(({ value }) => value)).toEqual([1, 1])
  expect(await of('phasegate.flips.traced')).toEqual([{ labels: { chart: 'bay' }, value: 1 }])
})

test('one telemetry serves the gates of many charts, each under its name', async () => {
  const { meter, all } = metrics()
  const telemetry = openTelemetry({ meter })
  const door = chart('door', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open', { final: true })
    .flip('open', (f) => f.from('shut').to('open'))
    .build()
  await createGate(door, { telemetry }).subject('front').flip('open')
  await open(telemetry).bay.flip('raise')
  const series = await all()
  for (const name of ['phasegate.flips.partial', 'phasegate.flip.duration']) {
    expect(series.filter((one) => one.name === name).map(({ labels }) => labels.chart)).toEqual(['door', 'bay'])
  }
})

test('what can be counted of a chart is there from the beginning, at zero', async () => {
  const { all } = measured()
  const zeros = (await all()).filter(({ value }) => value === 0).map(({ name }) => name)
  const times = (name: string): number => zeros.filter((zero) => zero === `phasegate.${name}`).length
  expect(times('flips')).toBe(4 * 4)
  expect(times('contention')).toBe(4 * 2)
  expect(times('adoptions')).toBe(4)
  expect(times('flips.in_progress')).toBe(4)
  expect(times('overrides')).toBe(4)
  expect([times('fenced'), times('flips.traced')]).toEqual([1, 1])
})

describe('labels', () => {
  const KEYS = ['chart', 'flip', 'phase', 'outcome', 'reason', 'step', 'part']

  /** Everything that can happen to a subject, in one go. */
  async function upheaval(on: ReturnType<typeof measured>, id: string): Promise<readonly string[]> {
    const subject = on.gate.subject(id)
    await subject.safeFlip('raise', undefined, { key: `key of ${id}` })
    await subject.safeFlip('raise')
    await subject.safeFlip('lower', undefined, { actor: { id: `actor of ${id}` } })
    await subject.safeFlip('close')
    await subject.safeFlip(`no flip of ${id}` as 'raise', undefined, { trace: `trace of ${id}` })
    await subject.force('open', { ...order, reason: `reason of ${id}` })
    const { epoch } = await subject.state()
    const ids: string[] = []
    for await (const record of subject.history()) if ('flipId' in record) ids.push(record.flipId)
    return [id, ...ids, `${epoch}`]
  }

  const values = (series: readonly Series[]): readonly string[] =>
    series.flatMap(({ labels }) => Object.values(labels).map(String))

  test('a thousand subjects, and flips that do not exist, make no more series than one', async () => {
    const on = measured()
    await upheaval(on, 'subject-0')
    const before = (await on.all()).length
    expect(before).toBeGreaterThan(15)
    for (let n = 1; n <= 1_000; n++) await upheaval(on, `subject-${n}`)
    expect((await on.all()).length).toBe(before)
  })

  test('none holds a subject, a flip id, an epoch, a key, an actor, a reason or a trace', async () => {
    const acts = [{}, { 'step lift': fail }, { 'guard clear': fail }, { 'step lift': fail, 'undo lift': fail }]
    for (const act of acts) {
      const on = measured(act)
      const private_ = new Set<string>()
      const done = (async () => {
        for (const id of ['red', 'green']) for (const word of await upheaval(on, id)) private_.add(word)
      })()
      await on.clock.advance(60_000)
      await done
      const series = await on.all()
      expect(series.length).toBeGreaterThan(5)
      expect(new Set(series.flatMap(({ labels }) => Object.keys(labels)))).toEqual(
        new Set(KEYS.filter((key) => series.some(({ labels }) => key in labels))),
      )
      expect(values(series).filter((value) => private_.has(value) || / of (red|green)/.test(value))).toEqual([])
    }
  })
})

test.each([
  ['with a telemetry', openTelemetry()],
  ['without one', undefined],
])('a flip asks its journal the same, %s', async (_, telemetry) => {
  const on = stage()
  const calls: string[] = []
  const journal = new Proxy(memoryJournal({ clock: on.clock }), {
    get(target, name) {
      calls.push(String(name))
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { bay } = open(telemetry, {}, { ...on, journal })
  calls.length = 0
  await bay.flip('raise')
  expect(calls).toEqual(['read', 'append', 'append', 'append', 'append'])
})
