import { chart, createGate, type FlipOptions } from 'phasegate'
import { afterEach, expect, test } from 'vitest'
import { isPending, kinds, signal, stage, timed } from './stage.ts'

interface Deps {
  guard(): boolean | Promise<boolean>
  step(context: { readonly signal: AbortSignal }): unknown
  undo(context: { readonly signal: AbortSignal }): unknown
  confirm(context: { readonly signal: AbortSignal }): boolean | Promise<boolean>
  last(): unknown
}

const never = (): Promise<never> => new Promise(() => undefined)

const oven = chart('oven', { version: 1 })
  .deps<Deps>()
  .phase('cold', { initial: true })
  .phase('hot')
  .flip('heat', (f) =>
    f
      .from('cold')
      .to('hot')
      .guard('closed', ({ deps }) => deps.guard(), { timeout: '2s' })
      .step('light', {
        run: (context) => context.deps.step(context),
        compensate: {
          run: (context) => context.deps.undo(context),
          timeout: '5s',
          retry: { attempts: 2, base: '1s', cap: '1s' },
        },
        timeout: '10s',
        retry: { attempts: 5, base: '1s', cap: '4s' },
      })
      .confirm('warm', ({ deps, signal }) => deps.confirm({ signal }), { within: '30s', poll: '1s' })
      .timeout('1m'),
  )
  .flip('sinter', (f) =>
    f
      .from('cold')
      .to('hot')
      .step('fire', { run: () => undefined, irreversible: true })
      .step('hold', { run: ({ deps }) => deps.last(), timeout: '1s', retry: { attempts: 2, base: 0 } })
      .timeout('1m'),
  )
  .flip('cool', (f) => f.from('hot').to('cold'))
  .build()

let last = stage()
const deps: Deps = {
  guard: () => true,
  step: () => undefined,
  undo: () => undefined,
  confirm: () => true,
  last: () => undefined,
}

function open(changes: Partial<Deps> = {}, random = 1) {
  last = stage()
  const gate = createGate(oven, { ...last, random: () => random, deps: { ...deps, ...changes } })
  const subject = gate.subject('oven-1')
  const heat = (options?: FlipOptions) => subject.safeFlip('heat', undefined, options)
  return { ...last, gate, oven: subject, heat }
}

afterEach(async () => {
  // One heartbeat may be left, and finds nothing to beat for; a denial is remembered for a minute.
  await last.clock.advance(60_000)
  expect(last.clock.pending()).toBe(0)
})

test('a guard that does not answer in its time is a no, and its signal aborts', async () => {
  const { heat, clock } = open({ guard: never })
  const asked = heat()
  expect(await timed(clock, asked)).toBe(3_000)
  expect((await asked).error).toMatchObject({ code: 'GUARD_REFUSED', facts: { reason: 'it did not answer within 2s' } })
})

test('a step that takes too long is told by its signal, and its flip turns back', async () => {
  const told: unknown[] = []
  const step = ({ signal: abort }: { readonly signal: AbortSignal }) =>
    new Promise((_, reject) => {
      abort.addEventListener('abort', () => {
        told.push([clock.monotonic(), (abort.reason as Error).name])
        reject(new Error('stopped'))
      })
    })
  const { heat, clock } = open({ step }, 0)
  const asked = heat()
  expect(await timed(clock, asked)).toBe(50_000)
  expect(told.slice(0, 2)).toEqual([
    [10_000, 'TimeoutError'],
    [20_000, 'TimeoutError'],
  ])
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT', step: 'light' } })
})

test('a step that ignores its signal is left behind a moment later, and undone as in doubt', async () => {
  const outputs: unknown[] = []
  const undo = (context: object): void => void outputs.push('output' in context && context.output)
  const { heat, clock } = open({ step: never, undo }, 0)
  const asked = heat()
  expect(await timed(clock, asked)).toBe(55_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT' } })
  expect(outputs).toEqual([undefined])
})

test('of many deadlines each is kept, also a short one that comes after a long one', async () => {
  const { gate, heat, clock } = open({ step: never, guard: () => true, last: never }, 0)
  const long = heat()
  await clock.advance(5_000)
  const short = gate.subject('oven-2').safeFlip('sinter')
  expect(await timed(clock, short, 100)).toBe(4_000)
  expect((await short).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT', step: 'hold' } })
  await clock.advance(60_000)
  expect((await long).error?.facts).toMatchObject({ failure: { code: 'STEP_TIMEOUT', step: 'light' } })
})

test('a step that ends well within the moment after its time has done its work', async () => {
  const done = signal()
  const { heat, clock } = open({ step: () => done.promise })
  const asked = heat()
  await clock.advance(10_500)
  done.resolve()
  expect((await asked).success).toBe(true)
})

test('a failing step is tried again after waits that double up to a cap', async () => {
  const at: number[] = []
  const step = (): void => {
    at.push(clock.monotonic())
    if (at.length < 5) throw new Error('not yet')
  }
  const { heat, clock } = open({ step })
  const asked = heat()
  await clock.advance(20_000)
  expect((await asked).success).toBe(true)
  expect(at).toEqual([0, 1_000, 3_000, 7_000, 11_000])
})

test('the jitter is drawn over the whole wait, after the cap', async () => {
  const at: number[] = []
  const step = (): void => {
    at.push(clock.monotonic())
    throw new Error('never')
  }
  const { heat, clock } = open({ step }, 0.25)
  const asked = heat()
  await clock.advance(20_000)
  expect((await asked).error?.code).toBe('FLIP_ROLLED_BACK')
  expect(at).toEqual([0, 250, 750, 1_750, 2_750])
})

test('a confirm is polled until it is true', async () => {
  const at: number[] = []
  const { heat, clock } = open({ confirm: () => at.push(clock.monotonic()) === 4 })
  const asked = heat()
  await clock.advance(10_000)
  expect((await asked).success).toBe(true)
  expect(at).toEqual([0, 1_000, 2_000, 3_000])
})

test('a confirm that stays false turns the flip back when its time is over', async () => {
  const { heat, clock, oven } = open({ confirm: () => false })
  const asked = heat()
  expect(await timed(clock, asked, 100)).toBe(30_000)
  const failure = { code: 'CONFIRM_TIMEOUT', step: 'warm', message: expect.stringContaining('it answered false') }
  expect((await asked).error?.facts).toMatchObject({ failure })
  expect((await kinds(oven)).slice(-2)).toEqual(['undone', 'rolledBack'])
})

test('a confirm that hangs is cut off when its time is over', async () => {
  const { heat, clock } = open({ confirm: never })
  const asked = heat()
  expect(await timed(clock, asked, 100)).toBe(31_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CONFIRM_TIMEOUT' } })
})

test('a flip that takes too long turns back, in the middle of a step and in the middle of a wait', async () => {
  const { heat, clock } = open({ step: never })
  const asked = heat()
  // 5 attempts of 11 s each, with waits of 1, 2, 4, 4 s, would be 66 s.
  expect(await timed(clock, asked, 100)).toBe(61_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'FLIP_TIMEOUT', step: 'light' } })
})

test('a wait for the next attempt ends with the time of the flip', async () => {
  const patient = chart('patient', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { final: true })
    .flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .step('try', { run: () => Promise.reject(new Error('no')), retry: { attempts: 3, base: '1h', cap: '1h' } })
        .timeout('1m'),
    )
    .flip('look', (f) =>
      f
        .from('a')
        .to('b')
        .confirm('seen', () => false, { within: '2h', poll: '1h' })
        .timeout('1m'),
    )
    .build()
  for (const flip of ['go', 'look'] as const) {
    last = stage()
    const asked = createGate(patient, { ...last, random: () => 1 })
      .subject('p')
      .safeFlip(flip)
    expect(await timed(last.clock, asked, 1_000)).toBe(60_000)
    expect((await asked).error?.facts).toMatchObject({ failure: { code: 'FLIP_TIMEOUT' } })
  }
})

test('an undo that takes too long is tried again, and then the flip is stuck', async () => {
  const fail = (): never => {
    throw new Error('broken')
  }
  const { heat, clock, oven } = open({ step: fail, undo: never }, 0)
  const asked = heat()
  expect(await timed(clock, asked, 100)).toBe(12_000)
  expect((await asked).error).toMatchObject({
    code: 'FLIP_STUCK',
    facts: { failure: { code: 'UNDO_TIMEOUT', step: 'light' } },
  })
  expect((await oven.state()).flip?.course).toMatchObject({ type: 'stuck', doing: 'undo', step: 'light' })
})

test('past the point of no return a timeout is no way back: the flip is stuck', async () => {
  const { oven, clock } = open({ last: never })
  const asked = oven.safeFlip('sinter')
  expect(await timed(clock, asked, 100)).toBe(4_000)
  expect((await asked).error).toMatchObject({
    code: 'FLIP_STUCK',
    facts: { failure: { code: 'STEP_TIMEOUT', step: 'hold' } },
  })
  expect(await isPending(clock, oven.state())).toBe(false)
})
