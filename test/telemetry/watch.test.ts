import { chart, createGate, type FlipWatch, type GateEvents, type PartWatch, type Telemetry, terminal } from 'phasegate'
import { expect, test, vi } from 'vitest'
import { mortal, records, signal, stage } from '../gate/stage.ts'
import { type Tx, till } from '../gate/till.ts'
import { fail, never, open, order, porter } from './bay.ts'
import { recorder } from './recorder.ts'

test('a flip is followed from the call to its end, part by part', async () => {
  const { telemetry, take } = recorder()
  const { gate, bay } = open(telemetry)
  await bay.flip('raise')
  await gate.close()
  expect(take()).toEqual([
    'attached to bay',
    '1: asked raise of north',
    '1: going shut > open, attempt 1',
    '1: guard clear begins',
    '1: guard clear runs',
    '1: guard clear ended',
    '1: taken raise in "trace 1", epoch 1',
    '1: step unlock begins',
    '1: step unlock runs',
    '1: step unlock ended',
    '1: step lift begins',
    '1: step lift runs',
    '1: step lift ended',
    '1: confirm level begins',
    '1: confirm level runs',
    '1: confirm level ended',
    '1: ended committed of a flip',
    'stopped',
  ])
})

test('retries, polls and undoing are told, and what threw', async () => {
  const { telemetry, take } = recorder()
  const polls = vi.fn(() => false).mockReturnValueOnce(false)
  const lifts = vi.fn(fail)
  const { bay, clock } = open(telemetry, { 'step lift': lifts.mockImplementationOnce(fail), 'confirm level': polls })
  const asked = bay.safeFlip('raise')
  await clock.advance(10_000)
  await asked
  expect(take().slice(7)).toEqual([
    '1: step unlock begins',
    '1: step unlock runs',
    '1: step unlock ended',
    '1: step lift begins',
    '1: step lift runs',
    '1: step lift again 2',
    '1: step lift runs',
    '1: step lift ended STEP_FAILED by Error',
    '1: undo lift begins',
    '1: undo lift runs',
    '1: undo lift ended',
    '1: undo unlock begins',
    '1: undo unlock runs',
    '1: undo unlock ended',
    '1: ended rolledBack of a flip STEP_FAILED by Error',
  ])
  lifts.mockImplementation((() => true) as never)
  polls.mockImplementation(() => polls.mock.calls.length > 2)
  const again = bay.flip('raise')
  await clock.advance(10_000)
  await again
  expect(take().filter((line) => line.includes('confirm'))).toEqual([
    '2: confirm level begins',
    '2: confirm level runs',
    '2: confirm level again 2',
    '2: confirm level runs',
    '2: confirm level again 3',
    '2: confirm level runs',
    '2: confirm level ended',
  ])
})

test('a try that took too long is not said to have thrown what the one before it threw', async () => {
  const { telemetry, take } = recorder()
  const lifts = vi.fn((): unknown => never()).mockImplementationOnce(fail)
  const { bay, clock } = open(telemetry, { 'step lift': lifts })
  const asked = bay.safeFlip('raise')
  await clock.advance(70_000)
  await asked
  expect(lifts).toHaveBeenCalledTimes(2)
  expect(take().filter((line) => line.includes('step lift ended'))).toEqual(['1: step lift ended STEP_TIMEOUT'])
})

test('a transaction is a part like any other; what was taken back because somebody wrote first has failed', async () => {
  const { telemetry, take } = recorder()
  const on = stage()
  const store = till(on.journal)
  const sale = chart('sale', { version: 1 })
    .transaction<Tx>()
    .phase('asked', { initial: true })
    .phase('sold', { final: true })
    .flip('sell', (f) =>
      f
        .from('asked')
        .to('sold')
        .transact('pay', { run: (tx) => tx.add('paid') }),
    )
    .build()
  const gate = createGate(sale, { ...on, journal: store.journal, telemetry })
  const shop = gate.subject('s')
  store.fates.push(async (commit) => {
    const { flip } = await shop.state()
    await gate.subject('s').cancel(flip?.id ?? '', { reason: 'late' })
    await commit()
  })
  await shop.safeFlip('sell')
  expect(take().slice(4)).toEqual([
    '1: step pay begins',
    '1: step pay runs',
    '1: step pay ended JOURNAL_CONFLICT',
    '1: ended rolledBack of a flip CANCELLED',
  ])
  await shop.flip('sell')
  expect(take().slice(3)).toEqual([
    '2: step pay begins',
    '2: step pay runs',
    '2: step pay ended',
    '2: ended committed of a flip',
  ])
})

test('what the telemetry traces is kept with the request; without one, what the caller gave', async () => {
  const { telemetry, take } = recorder()
  const on = stage()
  await open(telemetry, {}, on).bay.flip('raise', undefined, { trace: 'mine' })
  expect(take()[1]).toBe('1: asked raise of north in "mine"')
  const { bay } = open(undefined, {}, on)
  await bay.flip('lower', undefined, { actor: porter, trace: 'mine' })
  const kept = (await records(bay)).flatMap((record) => (record.kind === 'requested' ? [record.trace] : []))
  expect(kept).toEqual(['trace 1', 'mine'])
})

test.each(['recover', 'poll', 'caller'] as const)(
  'who takes over from a dead owner begins with the trace of the first (%s)',
  async (how) => {
    const on = stage()
    const dead = mortal(on.journal)
    const first = recorder()
    void open(first.telemetry, { 'step lift': never }, { ...on, journal: dead.journal }).bay.safeFlip('raise')
    await on.clock.advance(0)
    dead.die()
    await on.clock.advance(20_000)
    const second = recorder()
    const { gate, bay, clock } = open(second.telemetry, {}, on)
    if (how === 'recover') await gate.recover()
    if (how === 'poll') gate.start()
    const asked = how === 'caller' ? bay.safeFlip('lower', undefined, { actor: porter, wait: '1m' }) : undefined
    await clock.advance(30_000)
    await asked
    const caller = how === 'caller' ? 1 : 0
    const told = second.take().filter((line) => line.startsWith(`${1 + caller}: `))
    expect(told).toEqual(
      [
        'adopted raise of north in "trace 1"',
        'taken raise in "trace 1", epoch 2',
        ...['step lift', 'confirm level'].flatMap((part) => [`${part} begins`, `${part} runs`, `${part} ended`]),
        'ended committed of a flip',
      ].map((line) => `${1 + caller}: ${line}`),
    )
    await gate.close()
  },
)

test('a resolution begins with the trace of the flip that was stuck', async () => {
  const { telemetry, take } = recorder()
  const { bay, clock } = open(telemetry, { 'step lift': fail, 'undo lift': fail })
  const asked = bay.safeFlip('raise')
  await clock.advance(2_000)
  const { error } = await asked
  expect(take().at(-1)).toBe('1: ended stuck of a flip UNDO_FAILED by Error')
  await bay.resolve((error?.facts as { flipId: string }).flipId, 'skip', order)
  expect(take()).toEqual([
    '2: resolved raise of north in "trace 1"',
    '2: taken raise in "trace 1", epoch 2',
    '2: undo unlock begins',
    '2: undo unlock runs',
    '2: undo unlock ended',
    '2: ended rolledBack of a flip STEP_FAILED',
  ])
})

test('a timer begins as one', async () => {
  const { telemetry, take } = recorder()
  const { gate, bay, clock } = open(telemetry)
  await bay.flip('raise')
  take()
  await clock.advance(3_600_000)
  await gate.recover()
  expect(take()).toEqual([
    '2: timer close of north',
    '2: going open > shut, attempt 1',
    '2: taken close in "trace 2", epoch 2',
    '2: ended committed of a flip',
  ])
})

test('calls of one key share an outcome: who waits for it has joined, who comes later gets it again', async () => {
  const { telemetry, take } = recorder()
  const lift = signal()
  const on = stage()
  const { bay, clock } = open(telemetry, { 'step lift': () => lift.promise }, on)
  const first = bay.flip('raise', undefined, { key: 'k' })
  await clock.advance(0)
  const here = bay.flip('raise', undefined, { key: 'k' })
  const other = recorder()
  const there = open(other.telemetry, {}, on).bay.flip('raise', undefined, { key: 'k' })
  await clock.advance(0)
  take()
  lift.resolve()
  await clock.advance(5_000)
  await Promise.all([first, here, there])
  await bay.flip('raise', undefined, { key: 'k' })
  expect(
    take().filter((line) => line.includes('ended') && !line.includes('step') && !line.includes('confirm')),
  ).toEqual(['1: ended committed of a flip', '2: ended joined of a flip', '3: ended replayed of a flip'])
  expect(other.take().slice(1)).toEqual(['1: asked raise of north', '1: joined "trace 1"', '1: ended joined of a flip'])
})

test('an outcome that is told again without a result says why there is none', async () => {
  const { telemetry, take } = recorder()
  const { bay } = open(telemetry, {
    'step lift': () => {
      throw terminal('no power')
    },
  })
  await Promise.all([1, 2].map(() => bay.safeFlip('raise', undefined, { key: 'k' })))
  await bay.safeFlip('raise', undefined, { key: 'k' })
  expect(take().filter((line) => /^\d: ended/.test(line))).toEqual([
    '1: ended rolledBack of a flip STEP_FAILED by PhasegateError',
    '2: ended joined of a flip STEP_FAILED by PhasegateError',
    '3: ended replayed of a flip FLIP_ROLLED_BACK by PhasegateError',
  ])
})

test('a refusal of any kind ends the call, with its code', async () => {
  const { telemetry, take } = recorder()
  const on = stage()
  const { gate, bay, clock } = open(telemetry, { 'guard clear': () => 'no', 'step spray': never }, on)
  await bay.safeFlip('lower', undefined, { actor: porter })
  await bay.safeFlip('lower')
  await bay.safeFlip('raise')
  await bay.safeFlip('lurch' as 'raise')
  await bay.safeFlip('raise', undefined, { key: '' })
  await bay.safeFlip('raise', 'input' as never)
  void bay.safeFlip('hose')
  await clock.advance(0)
  await bay.safeFlip('close')
  await gate.subject('south').safeFlip('hose')
  const closed = gate.close({ within: 0 })
  await clock.advance(1_000)
  await closed
  await bay.safeFlip('close')
  expect(take().flatMap((line) => /^\d+: ended (.*)/.exec(line)?.[1] ?? [])).toEqual([
    'refused FLIP_ILLEGAL by PhasegateError',
    'refused UNAUTHORISED by PhasegateError',
    'refused GUARD_REFUSED by PhasegateError',
    'refused FLIP_UNKNOWN by PhasegateError',
    'refused OPTION_INVALID by PhasegateError',
    'refused INPUT_INVALID by PhasegateError',
    'refused FLIP_BUSY by PhasegateError',
    'refused RESOURCE_BUSY by PhasegateError',
    'interrupted of a flip GATE_CLOSED by PhasegateError',
    'refused GATE_CLOSED by PhasegateError',
  ])
})

test('waiting for another flip, and for a resource, is told in milliseconds', async () => {
  const { telemetry, take } = recorder()
  const spray = signal()
  const { gate, bay, clock } = open(telemetry, { 'step spray': () => spray.promise })
  void bay.flip('hose')
  await clock.advance(0)
  const busy = bay.flip('raise', undefined, { wait: '1m' })
  const dry = gate.subject('south').flip('hose', undefined, { wait: '1m' })
  await clock.advance(9_000)
  spray.resolve()
  await clock.advance(5_000)
  await Promise.all([busy, dry])
  expect(
    take()
      .filter((line) => line.includes('waited'))
      .sort(),
  ).toEqual(['2: waited 9000', '3: waited 9000'])
})

// ── what it may not do ──────────────────────────────────────────────────────────────────────────────────────────────

const grief = new Error('no disk')
const cry = (): never => {
  throw grief
}

/** A telemetry in which one thing goes wrong. */
function broken(flip: Partial<FlipWatch>, part: Partial<PartWatch> = {}): Telemetry {
  const sound: FlipWatch = {
    trace: undefined,
    waited: () => undefined,
    going: () => undefined,
    joined: () => undefined,
    taken: () => undefined,
    begin: () => ({ run: (call) => call(), again: () => undefined, ended: () => undefined, ...part }),
    ended: () => undefined,
  }
  const watch = Object.defineProperties(sound, Object.getOwnPropertyDescriptors(flip))
  return { attach: () => ({ flip: () => watch, stop: () => undefined }) }
}

const BROKEN: readonly (readonly [string, Telemetry])[] = [
  ['flip', { attach: () => ({ flip: cry, stop: () => undefined }) }],
  [
    'trace',
    broken({
      get trace() {
        return cry()
      },
    }),
  ],
  ['going', broken({ going: cry })],
  ['taken', broken({ taken: cry })],
  ['begin', broken({ begin: cry })],
  ['ended', broken({ ended: cry })],
  ['a rejection of ended', broken({ ended: () => Promise.reject(grief) as never })],
  ['run, before the call', broken({}, { run: cry })],
  [
    'run, after the call',
    broken(
      {},
      {
        run(call) {
          call()
          return cry()
        },
      },
    ),
  ],
  ['the end of a part', broken({}, { ended: cry })],
]

test.each(BROKEN)('a telemetry that fails in %s harms no flip and is reported on error', async (_, telemetry) => {
  const calls = vi.fn(() => 'lifted')
  const { gate, bay, clock } = open(telemetry, { 'step lift': calls })
  const reported: GateEvents['error'][] = []
  gate.on('error', (payload) => reported.push(payload))
  expect(await bay.flip('raise')).toMatchObject({ to: 'open', outputs: { lift: 'lifted' } })
  await clock.advance(0)
  expect(calls).toHaveBeenCalledOnce()
  expect(new Set(reported.map(({ error, during }) => `${during}: ${(error as Error).message}`))).toEqual(
    new Set(['telemetry: no disk']),
  )
})

test.each([
  ['never calls it', () => undefined as never],
  [
    'calls it twice',
    <Result>(call: () => Result): Result => {
      call()
      return call()
    },
  ],
  [
    'keeps what it threw to itself',
    <Result>(call: () => Result): Result => {
      try {
        return call()
      } catch {
        return undefined as never
      }
    },
  ],
])('the user’s function is called once and answers for itself when the telemetry %s', async (_, run) => {
  const lifts = vi.fn(fail)
  const { bay, clock } = open(broken({}, { run }), { 'step lift': lifts })
  const asked = bay.safeFlip('raise')
  await clock.advance(2_000)
  expect((await asked).error?.message).toContain('the chain broke')
  expect(lifts).toHaveBeenCalledTimes(2)
})

test('a telemetry that cannot be attached, or not be stopped, is a warning', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  expect((await open({ attach: cry }).bay.flip('raise')).to).toBe('open')
  expect(warn).toHaveBeenCalledExactlyOnceWith('telemetry: no disk', expect.anything())
  await open({ attach: () => ({ flip: () => undefined as never, stop: cry }) }).gate.close()
  expect(warn).toHaveBeenCalledTimes(2)
  warn.mockRestore()
})

test('what is no telemetry is refused', () => {
  expect(() => open({} as Telemetry)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('attach') }),
  )
})
