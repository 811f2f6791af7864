import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, over, records, signal, stage } from './stage.ts'

interface Deps {
  run(step: string, signal: AbortSignal): unknown
  undo(step: string): unknown
  confirm(): boolean
}

const pump = chart('pump', { version: 1 })
  .deps<Deps>()
  .phase('idle', { initial: true })
  .phase('pumping')
  .phase('broken', { final: true })
  .flip('start', (f) =>
    f
      .from('idle')
      .to('pumping')
      .step('prime', {
        run: ({ deps, signal }) => deps.run('prime', signal),
        compensate: ({ deps }) => deps.undo('prime'),
      })
      .step('spin', {
        run: ({ deps, signal }) => deps.run('spin', signal),
        compensate: ({ deps }) => deps.undo('spin'),
        retry: { attempts: 3, base: '10s' },
      })
      .confirm('flowing', ({ deps }) => deps.confirm(), { poll: '10s', within: '5m' }),
  )
  .flip('burst', (f) =>
    f
      .from('idle')
      .to('broken')
      .step('crack', { run: ({ deps, signal }) => deps.run('crack', signal), irreversible: true })
      .step('spill', { run: ({ deps, signal }) => deps.run('spill', signal) }),
  )
  .flip('stop', (f) => f.from('pumping').to('idle'))
  .build()

const order = { actor: { id: 'kim' }, reason: 'a leak' }

function open(changes: Partial<Deps> = {}, on = stage()) {
  const deps: Deps = { run: () => undefined, undo: () => undefined, confirm: () => true, ...changes }
  const gate = createGate(pump, { ...on, deps, random: () => 1 })
  return { ...on, gate, pump: gate.subject('pump-1') }
}

/** A step that goes on until it is told to stop. */
function patient() {
  const told: unknown[] = []
  const run = (step: string, abort: AbortSignal): unknown =>
    step !== 'spin'
      ? undefined
      : new Promise((_, reject) => {
          abort.addEventListener('abort', () => {
            told.push(abort.reason)
            reject(new Error('stopped'))
          })
        })
  return { told, run }
}

async function running(opened: ReturnType<typeof open>, flip: 'start' | 'burst' = 'start') {
  const asked = opened.pump.safeFlip(flip)
  await opened.clock.advance(0)
  const flipId = (await opened.pump.state()).flip?.id ?? ''
  return { asked, flipId }
}

test('a cancel aborts the step under way and turns the flip back', async () => {
  const undone: string[] = []
  const { told, run } = patient()
  const opened = open({ run, undo: (step) => void undone.push(step) })
  const { asked, flipId } = await running(opened)
  await opened.pump.cancel(flipId, order)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED', message: 'a leak' } })
  expect(told).toMatchObject([{ name: 'AbortError', message: 'a leak' }])
  expect(undone).toEqual(['spin', 'prime'])
  expect((await records(opened.pump))[2]).toMatchObject({ kind: 'cancelRequested', flipId, ...order })
})

test('a cancel is noticed between two attempts and between two looks of a confirm', async () => {
  const fail = (step: string): void => {
    if (step === 'spin') throw new Error('jammed')
  }
  for (const deps of [{ run: fail }, { confirm: () => false }]) {
    const opened = open(deps)
    const { asked, flipId } = await running(opened)
    await opened.clock.advance(1_000)
    await opened.pump.cancel(flipId, order)
    expect(await isPending(opened.clock, asked)).toBe(false)
    expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
  }
})

test('a cancel from another process is noticed at the next heartbeat', async () => {
  const shared = stage()
  const { told, run } = patient()
  const { asked, flipId } = await running(open({ run }, shared))
  await open({}, shared).pump.cancel(flipId, order)
  expect(told).toEqual([])
  await shared.clock.advance(5_000)
  expect(told).toMatchObject([{ message: 'a leak' }])
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
})

test('a cancel from another process is noticed at the next record: what was done is recorded, then undone', async () => {
  const shared = stage()
  const done = signal()
  const { asked, flipId } = await running(open({ run: () => done.promise }, shared))
  const other = open({}, shared)
  await other.pump.cancel(flipId, order)
  done.resolve()
  const { error } = await asked
  expect(error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
  expect(await kinds(other.pump)).toEqual(['requested', 'cancelRequested', 'stepped', 'turned', 'undone', 'rolledBack'])
})

test('a cancel that comes while the last record is being written still counts', async () => {
  const shared = stage()
  const wait = signal()
  const held = over(shared.journal, {
    append: async (subject, append) => {
      if (append.records.some((record) => record.kind === 'committed')) await wait.promise
      return shared.journal.append(subject, append)
    },
  })
  const { asked, flipId } = await running(open({}, { ...shared, journal: held }))
  await open({}, shared).pump.cancel(flipId, order)
  wait.resolve()
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
})

test('a second cancel changes nothing, while the first is being heeded and after', async () => {
  const undo = () => new Promise<void>((resolve) => opened.clock.timer(1_000, resolve))
  const opened = open({ run: (step) => (step === 'spin' ? new Promise(() => undefined) : undefined), undo })
  const { asked, flipId } = await running(opened)
  await Promise.all([opened.pump.cancel(flipId, order), opened.pump.cancel(flipId, order)])
  await opened.pump.cancel(flipId, order)
  await opened.clock.advance(1_500)
  expect((await opened.pump.state()).flip?.course.type).toBe('back')
  await opened.pump.cancel(flipId, order)
  await opened.clock.advance(5_000)
  await asked
  expect((await kinds(opened.pump)).filter((kind) => kind === 'cancelRequested')).toHaveLength(1)
})

test('an irreversible step that is under way or done cannot be cancelled any more', async () => {
  for (const step of ['crack', 'spill']) {
    const done = signal()
    const opened = open({ run: (name) => (name === step ? done.promise : undefined) })
    const { asked, flipId } = await running(opened, 'burst')
    const facts = { flipId, flip: 'burst', step: 'crack' }
    await expect(opened.pump.cancel(flipId, order)).rejects.toMatchObject({ code: 'FLIP_PAST_RETURN', facts })
    done.resolve()
    expect((await asked).success).toBe(true)
    expect(await kinds(opened.pump)).not.toContain('cancelRequested')
  }
})

test('nothing is left on the clock by a cancel that comes when its step has just ended', async () => {
  const shared = stage()
  const wait = signal()
  const held = over(shared.journal, {
    append: async (subject, append) => {
      if (append.records.some((record) => record.kind === 'stepped')) await wait.promise
      return shared.journal.append(subject, append)
    },
  })
  const aborted: string[] = []
  const run = async (step: string, abort: AbortSignal): Promise<void> =>
    abort.addEventListener('abort', () => aborted.push(step))
  const opened = open({ run }, { ...shared, journal: held })
  const { asked, flipId } = await running(opened)
  await opened.pump.cancel(flipId, order)
  wait.resolve()
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
  expect(aborted).toEqual([])
  await opened.clock.advance(5_000)
  expect(opened.clock.pending()).toBe(0)
})

test('break-glass sets the phase over a running flip, whose caller is told', async () => {
  const { told, run } = patient()
  const opened = open({ run })
  const { asked, flipId } = await running(opened)
  await opened.pump.force('broken', order)
  expect((await asked).error).toMatchObject({
    code: 'FLIP_OVERRIDDEN',
    facts: { flip: 'start', flipId, phase: 'broken' },
  })
  expect(told).toMatchObject([{ code: 'FLIP_OVERRIDDEN' }])
  expect(await opened.pump.phase()).toBe('broken')
  expect((await records(opened.pump)).at(-1)).toMatchObject({
    kind: 'forced',
    phase: 'broken',
    from: 'idle',
    overridden: flipId,
    epoch: 2,
    ...order,
  })
})

test('break-glass from another process fences the owner: nothing it does is recorded any more', async () => {
  const shared = stage()
  const done = signal()
  const { asked } = await running(open({ run: () => done.promise }, shared))
  const other = open({}, shared)
  await other.pump.force('broken', order)
  done.resolve()
  expect((await asked).error).toMatchObject({ code: 'FENCED', facts: { epoch: 1, current: 2 } })
  expect(await kinds(other.pump)).toEqual(['requested', 'forced'])
})

test('who joined a flip that is overridden is told so, and a later call with the key is another attempt', async () => {
  const shared = stage()
  const { run } = patient()
  const first = open({ run }, shared)
  const owner = first.pump.safeFlip('start', undefined, { key: 'k' })
  await shared.clock.advance(0)
  const joined = open({}, shared).pump.safeFlip('start', undefined, { key: 'k' })
  await shared.clock.advance(100)
  await first.pump.force('idle', order)
  await shared.clock.advance(2_000)
  expect((await owner).error?.code).toBe('FLIP_OVERRIDDEN')
  expect((await joined).error?.code).toBe('FLIP_OVERRIDDEN')
  expect(await open({}, shared).pump.flip('start', undefined, { key: 'k' })).toMatchObject({ attempt: 2 })
})

test('break-glass needs no legality, but an actor and a reason', async () => {
  const { pump } = open()
  const bad = [
    undefined,
    {},
    { actor: order.actor },
    { reason: 'x' },
    { ...order, reason: ' ' },
    { ...order, actor: { id: '' } },
  ]
  for (const given of bad)
    await expect(pump.force('broken', given as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  expect(await kinds(pump)).toEqual([])
  await pump.force('pumping', order)
  expect((await pump.flip('stop')).to).toBe('idle')
})
