import { chart, createGate, type Subject } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, records, signal, stage } from './stage.ts'

interface Deps {
  work(context: { readonly signal: AbortSignal }): unknown
  guard(): boolean | Promise<boolean>
  undo(): unknown
  confirm(): boolean | Promise<boolean>
}

const door = chart('door', { version: 1 })
  .deps<Deps>()
  .phase('shut', { initial: true })
  .phase('open')
  .phase('sealed', { final: true })
  .flip('open', (f) =>
    f
      .from('shut')
      .to('open')
      .guard('free', ({ deps }) => deps.guard())
      .step('swing', { run: (context) => context.deps.work(context), compensate: ({ deps }) => deps.undo() })
      .confirm('wide', ({ deps }) => deps.confirm(), { within: '1s', poll: '100ms' }),
  )
  .flip('close', (f) => f.from('open').to('shut'))
  .flip('seal', (f) =>
    f
      .from('shut', 'open')
      .to('sealed')
      .preempt()
      .step('weld', { run: (context) => context.deps.work(context) }),
  )
  .flip('weld', (f) => f.from('shut', 'open').to('sealed').preempt())
  .build()

const deps: Deps = { work: () => undefined, guard: () => true, undo: () => undefined, confirm: () => true }

function open(changes: Partial<Deps> = {}, on = stage()) {
  const gate = createGate(door, { ...on, deps: { ...deps, ...changes } })
  return { ...on, gate, door: gate.subject('door-1') }
}

test('while a flip is in progress another is refused, naming it', async () => {
  const done = signal()
  const { door, clock } = open({ work: () => done.promise })
  const opening = door.flip('open')
  await clock.advance(0)
  const { error } = await door.safeFlip('open')
  done.resolve()
  const { flipId } = await opening
  expect(error).toMatchObject({
    code: 'FLIP_BUSY',
    facts: { subject: 'door-1', running: 'open', flipId, stuck: false },
  })
})

test('of many flips at once exactly one goes', async () => {
  const { door } = open()
  const all = await Promise.all(Array.from({ length: 50 }, () => door.safeFlip('open')))
  expect(all.filter(({ success }) => success)).toHaveLength(1)
  expect(new Set(all.flatMap(({ error }) => error?.code ?? []))).toEqual(new Set(['FLIP_BUSY']))
})

test('subjects do not wait for each other', async () => {
  const done = signal()
  const { gate, door, clock } = open({ work: () => done.promise })
  const first = door.flip('open')
  const second = gate.subject('door-2').flip('weld')
  await clock.advance(0)
  expect((await second).to).toBe('sealed')
  done.resolve()
  await first
})

test('a flip that waits goes when the other has ended, from whichever process', async () => {
  const done = signal()
  const shared = stage()
  const { door, clock } = open({ work: () => done.promise }, shared)
  const opening = door.flip('open')
  await clock.advance(0)
  const here = door.flip('close', undefined, { wait: '10s' })
  await clock.advance(5_000)
  expect(await isPending(clock, here)).toBe(true)
  done.resolve()
  expect((await opening).to).toBe('open')
  await clock.advance(0)
  expect((await here).to).toBe('shut')

  const slow = signal()
  const first = open({ work: () => slow.promise }, shared).door.flip('open')
  await clock.advance(0)
  const there = open({}, shared).door.flip('close', undefined, { wait: '10s' })
  await clock.advance(1_000)
  slow.resolve()
  await first
  await clock.advance(2_000)
  expect((await there).to).toBe('shut')
})

test('a wait that runs out is refused as busy, at the moment it runs out', async () => {
  const { door, clock } = open({ work: () => new Promise(() => undefined) })
  void door.safeFlip('open')
  await clock.advance(0)
  const waiting = door.safeFlip('close', undefined, { wait: '3s' })
  await clock.advance(2_999)
  expect(await isPending(clock, waiting)).toBe(true)
  await clock.advance(1)
  expect((await waiting).error?.code).toBe('FLIP_BUSY')
})

test('a pre-empting flip cancels the one in progress, waits for its undo, and goes', async () => {
  const log: string[] = []
  const work = ({ signal: told }: { readonly signal: AbortSignal }) =>
    new Promise((_, reject) => told.addEventListener('abort', () => reject(new Error('told to stop'))))
  const { door, clock } = open({ work, undo: () => log.push('undo') })
  const opening = door.safeFlip('open')
  await clock.advance(0)
  expect((await door.flip('weld')).from).toBe('shut')
  expect((await opening).error).toMatchObject({
    facts: { failure: { code: 'CANCELLED', message: 'pre-empted by flip "weld"' } },
  })
  expect(log).toEqual(['undo'])
  const found = await kinds(door)
  expect(found).toEqual(['requested', 'cancelRequested', 'turned', 'undone', 'rolledBack', 'requested', 'committed'])
})

test('a pre-empting flip also turns back what another process runs', async () => {
  const shared = stage()
  const opening = open({ work: () => new Promise(() => undefined) }, shared).door.safeFlip('open')
  await shared.clock.advance(0)
  const welding = open({}, shared).door.flip('weld')
  await shared.clock.advance(8_000)
  expect((await welding).to).toBe('sealed')
  expect((await opening).error?.facts).toMatchObject({ failure: { code: 'CANCELLED' } })
})

test('two emergencies do not cancel each other: the second waits for the first', async () => {
  const done = signal()
  const { door, clock } = open({ work: () => done.promise })
  const seal = door.flip('seal')
  await clock.advance(0)
  const weld = door.safeFlip('weld')
  await clock.advance(1_000)
  done.resolve()
  expect((await seal).to).toBe('sealed')
  await clock.advance(1_000)
  expect((await weld).error?.code).toBe('FLIP_ILLEGAL')
  expect(await kinds(door)).toEqual(['requested', 'stepped', 'committed'])
})

const places = ['guard', 'work', 'confirm', 'undo'] as const
test.each(places)('a flip asked for inside a %s of the same subject is refused, also after an await', async (place) => {
  const codes: (string | undefined)[] = []
  let subject: Pick<Subject, 'safeFlip'> | undefined
  const ask = async (): Promise<true> => {
    codes.push((await subject?.safeFlip('close', undefined, { wait: '1m' }))?.error?.code)
    await new Promise((resolve) => setImmediate(resolve))
    codes.push((await subject?.safeFlip('open'))?.error?.code)
    return true
  }
  const fail = (): never => {
    throw new Error('back')
  }
  const { door } = open({ ...(place === 'undo' ? { work: fail } : {}), [place]: ask })
  subject = door as unknown as Subject
  await door.safeFlip('open')
  expect(codes).toEqual(['FLIP_REENTRANT', 'FLIP_REENTRANT'])
})

test('a flip asked for through the step of another subject is refused as well, naming the place', async () => {
  const gates: { outer?: ReturnType<typeof open>['gate'] } = {}
  let found: unknown
  const ask = async (): Promise<void> => {
    found = (await gates.outer?.subject('a').safeFlip('weld'))?.error
  }
  const inner = open({ work: ask })
  const outer = open({ work: () => inner.door.flip('open').then(() => undefined) })
  gates.outer = outer.gate
  await outer.gate.subject('a').flip('open')
  expect(found).toMatchObject({ code: 'FLIP_REENTRANT', facts: { subject: 'a', flip: 'weld', inside: 'step "swing"' } })
})

test('a step may flip another subject of the same gate', async () => {
  const gates: { gate?: ReturnType<typeof open>['gate'] } = {}
  const { gate, door } = open({
    work: () =>
      gates.gate
        ?.subject('door-2')
        .flip('weld')
        .then(() => undefined),
  })
  gates.gate = gate
  await door.flip('open')
  expect(await gate.subject('door-2').phase()).toBe('sealed')
})

test('what a step has started may flip the subject once the step has ended', async () => {
  const wake = signal()
  const later: { answer?: Promise<unknown> } = {}
  let subject: Pick<Subject, 'safeFlip'> | undefined
  const work = (): void => {
    later.answer = wake.promise.then(() => subject?.safeFlip('close'))
  }
  const { door } = open({ work })
  subject = door as unknown as Subject
  await door.flip('open')
  wake.resolve()
  expect(await later.answer).toMatchObject({ success: true, data: { to: 'shut' } })
})

test('a flip may be asked for from a listener of a commit', async () => {
  const { gate, door, clock } = open()
  const next: Promise<unknown>[] = []
  const stop = gate.on('flip.committed', () => {
    stop()
    next.push(door.flip('close'))
  })
  await door.flip('open')
  await clock.advance(0)
  expect(await Promise.all(next)).toMatchObject([{ from: 'open', to: 'shut' }])
  expect((await records(door)).map((record) => record.epoch)).toEqual([1, 1, 1, 2, 2])
})

test('who joins a call of its key that would not wait, and waits itself, goes when the way is free', async () => {
  const done = signal()
  const { door, clock } = open({ work: () => done.promise })
  const opening = door.flip('open')
  await clock.advance(0)
  const hasty = door.safeFlip('close', undefined, { key: 'k' })
  const patient = door.flip('close', undefined, { key: 'k', wait: '1m' })
  await clock.advance(10)
  expect((await hasty).error?.code).toBe('FLIP_BUSY')
  done.resolve()
  await opening
  await clock.advance(2_000)
  expect((await patient).to).toBe('shut')
})
