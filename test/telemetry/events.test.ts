import { chart, createGate, type GateEvents, memoryJournal, type RecordKind } from 'phasegate'
import { afterEach, expect, test, vi } from 'vitest'
import { virtualClock } from '../../src/testing/time/index.ts'

interface Deps {
  run(): unknown
  undo(): unknown
}

const bell = chart('bell', { version: 1 })
  .deps<Deps>()
  .phase('still', { initial: true })
  .phase('ringing')
  .operators('ringer')
  .flip('ring', (f) =>
    f
      .from('still')
      .to('ringing')
      .allowAnyone()
      .step('swing', {
        run: ({ deps }) => deps.run(),
        compensate: { run: ({ deps }) => deps.undo(), retry: { attempts: 1 } },
        once: true,
      }),
  )
  .flip('hush', (f) => f.from('ringing').to('still').allow('sexton'))
  .build()

const kim = { id: 'kim', roles: ['ringer'] }
const order = { actor: kim, reason: 'noise' }
const RECORDS: readonly RecordKind[] = [
  'requested',
  'started',
  'stepped',
  'turned',
  'undone',
  'committed',
  'rolledBack',
  'stuck',
  'resolved',
  'adopted',
  'cancelRequested',
  'denied',
  'forced',
  'migrated',
]

function open(deps: Partial<Deps> = {}, clock = virtualClock(), journal = memoryJournal({ clock })) {
  const gate = createGate(bell, { clock, journal, deps: { run: () => undefined, undo: () => undefined, ...deps } })
  const told: { event: string; [fact: string]: unknown }[] = []
  for (const kind of RECORDS) gate.on(`flip.${kind}`, (payload) => told.push({ event: kind, ...payload }))
  gate.on('flip.refused', (payload) => told.push({ event: 'refused', ...payload }))
  return { gate, clock, journal, bell: gate.subject('b'), told, events: () => told.splice(0).map(({ event }) => event) }
}

const fail = (): never => {
  throw new Error('cracked')
}

afterEach(() => vi.restoreAllMocks())

test('every record is an event, in the order of the journal, with the facts of its flip', async () => {
  const { bell, told, clock } = open({ run: () => clock.advance(250).then(() => 'dong') })
  const { flipId } = await bell.flip('ring', undefined, { key: 'k', actor: kim })
  const about = {
    chart: 'bell',
    subject: 'b',
    flipId,
    flip: 'ring',
    from: 'still',
    to: 'ringing',
    attempt: 1,
    key: 'k',
    actor: kim,
  }
  expect(told).toMatchObject([
    { event: 'requested', n: 1, epoch: 1, durationMs: 0, ...about },
    { event: 'started', n: 2, step: 'swing', durationMs: 0, ...about },
    { event: 'stepped', n: 3, step: 'swing', output: 'dong', durationMs: 250, ...about },
    { event: 'committed', n: 4, durationMs: 250, ...about },
  ])
})

test('undoing, cancelling, getting stuck, resolving, forcing and denying are events', async () => {
  const { bell, events } = open({ run: fail })
  await bell.safeFlip('ring')
  expect(events()).toEqual(['requested', 'started', 'turned', 'undone', 'rolledBack'])
  await bell.force('ringing', order)
  await bell.safeFlip('hush')
  expect(events()).toEqual(['forced', 'denied', 'refused'])
  const stuck = open({ run: fail, undo: fail })
  const { error } = await stuck.bell.safeFlip('ring')
  await stuck.bell.resolve((error?.facts as { flipId: string }).flipId, 'skip', order)
  expect(stuck.events()).toEqual(['requested', 'started', 'turned', 'stuck', 'resolved', 'rolledBack'])
})

test('adoption is an event of who adopts, cancelling of who cancels', async () => {
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const owner = open({ run: () => new Promise(() => undefined) }, clock, journal)
  const asked = owner.bell.safeFlip('ring')
  await clock.advance(0)
  const other = open({}, clock, journal)
  const { flip } = await other.bell.state()
  await other.bell.cancel(flip?.id ?? '', { reason: 'late' })
  expect(other.told).toMatchObject([
    { event: 'cancelRequested', flipId: flip?.id, flip: 'ring', reason: 'late', actor: undefined },
  ])
  const closing = owner.gate.close({ within: 0 })
  await clock.advance(15_000)
  await Promise.all([closing, asked])
  await other.gate.recover()
  expect(other.events()).toEqual(['cancelRequested', 'adopted', 'turned', 'undone', 'rolledBack'])
})

test('a record of no flip carries the facts of no flip, also while one is in progress', async () => {
  const { bell, told, clock } = open({ run: () => new Promise(() => undefined) })
  void bell.safeFlip('ring')
  await clock.advance(0)
  told.length = 0
  await bell.safeFlip('hush', undefined, { actor: kim })
  await bell.force('still', order)
  for (const payload of told.filter(({ event }) => event === 'denied' || event === 'forced')) {
    expect(payload).not.toHaveProperty('flipId')
    expect(payload).not.toHaveProperty('durationMs')
  }
  expect(told.map(({ event }) => event)).toEqual(['denied', 'refused', 'forced'])
})

test('a refusal is an event, with the error and who asked', async () => {
  const { bell, told } = open()
  await bell.safeFlip('hush', undefined, { actor: { ...kim, roles: ['sexton'] } })
  expect(told).toMatchObject([
    { event: 'refused', flip: 'hush', subject: 'b', actor: { id: 'kim' }, error: { code: 'FLIP_ILLEGAL' } },
  ])
})

test('the same denial is recorded once and then counted, and the count is recorded after a minute', async () => {
  const { gate, bell, told, clock } = open()
  const unauthorised: GateEvents['unauthorised'][] = []
  gate.on('unauthorised', (payload) => unauthorised.push(payload))
  for (let times = 0; times < 5; times++) await bell.safeFlip('hush')
  await clock.advance(60_000)
  expect(told.filter(({ event }) => event === 'denied')).toMatchObject([{ repeats: 0 }, { repeats: 3 }])
  expect(told.filter(({ event }) => event === 'refused')).toHaveLength(5)
  expect(unauthorised).toHaveLength(5)
  expect(unauthorised[4]).toMatchObject({ chart: 'bell', subject: 'b', act: 'flip', flip: 'hush', actor: undefined })
})

test.each([
  ['throws', () => fail()],
  ['rejects', () => Promise.reject(new Error('cracked'))],
])(
  'a listener that %s is reported on error and harms neither the flip nor the other listeners',
  async (_, listener) => {
    const { gate, bell, clock, events } = open()
    const reported: GateEvents['error'][] = []
    gate.on('error', (payload) => reported.push(payload))
    gate.on('flip.requested', listener)
    const after = vi.fn()
    gate.on('flip.requested', after)
    expect((await bell.flip('ring')).to).toBe('ringing')
    await clock.advance(0)
    expect(reported).toEqual([{ chart: 'bell', error: new Error('cracked'), during: 'a listener of "flip.requested"' }])
    expect(after).toHaveBeenCalledOnce()
    expect(events()).toHaveLength(4)
  },
)

test('without a listener of error a failure is a warning of the process', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const { gate, bell } = open()
  gate.on('flip.committed', fail)
  await bell.flip('ring')
  const options = expect.objectContaining({ type: 'PhasegateWarning' })
  expect(warn).toHaveBeenCalledExactlyOnceWith('a listener of "flip.committed": cracked', options)
})

test('a listener of error that throws is a warning, not a loop', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const { gate, bell, clock } = open()
  gate.on('error', fail)
  gate.on('flip.committed', fail)
  await bell.flip('ring')
  await clock.advance(0)
  expect(warn).toHaveBeenCalledExactlyOnceWith('a listener of "error" threw: Error: cracked')
})

test('a listener hears nothing after it was stopped; stopping twice does nothing', async () => {
  const { gate, bell } = open()
  const heard = vi.fn()
  const stop = gate.on('flip.requested', heard)
  const other = gate.on('flip.requested', heard)
  stop()
  stop()
  await bell.flip('ring')
  expect(heard).toHaveBeenCalledOnce()
  other()
})

test('an event that there is not, and a listener that is none, are refused', () => {
  const { gate } = open()
  expect(() => gate.on('flip.comitted' as never, () => undefined)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('flip.comitted') }),
  )
  expect(() => gate.on('constructor' as never, () => undefined)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  )
  expect(() => gate.on('error', 'log' as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})
