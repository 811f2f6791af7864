import { chart, createGate, type Lock } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, mortal, over, signal, stage } from './stage.ts'

interface Deps {
  run(subject: string, context: { readonly signal: AbortSignal; readonly assertHeld: () => void }): unknown
  undo(subject: string): unknown
}

const track = chart('track', { version: 1 })
  .deps<Deps>()
  .phase('empty', { initial: true })
  .phase('busy')
  .flip('enter', (f) =>
    f
      .from('empty')
      .to('busy')
      .exclusive('tunnel', 'bridge')
      .step('drive', {
        run: (context) => context.deps.run(context.subject, context),
        compensate: ({ deps, subject }) => deps.undo(subject),
      })
      .step('park', { run: () => undefined }),
  )
  .flip('leave', (f) => f.from('busy').to('empty'))
  .flip('dig', (f) =>
    f
      .from('empty')
      .to('busy')
      .exclusive('tunnel')
      .step('dig', { run: (context) => context.deps.run(context.subject, context) }),
  )
  .flip('paint', (f) =>
    f
      .from('empty')
      .to('busy')
      .exclusive('bridge')
      .step('paint', { run: (context) => context.deps.run(context.subject, context) }),
  )
  .build()

function open(run: Deps['run'] = () => undefined, on = stage(), undo: Deps['undo'] = () => undefined) {
  const gate = createGate(track, { ...on, deps: { run, undo }, random: () => 0.5 })
  return { ...on, gate, one: gate.subject('one'), two: gate.subject('two') }
}

test('two subjects that need a resource go one at a time, in the order they asked', async () => {
  const log: string[] = []
  const opened = open(async (subject) => {
    log.push(`${subject} in`)
    await new Promise<void>((resolve) => opened.clock.timer(1_000, resolve))
    log.push(`${subject} out`)
  })
  const { one, two, gate, clock } = opened
  const subjects = [one, two, gate.subject('three')]
  const all = subjects.map((subject) => subject.flip('enter', undefined, { wait: '1m' }))
  await clock.advance(4_000)
  await Promise.all(all)
  expect(log).toEqual(['one in', 'one out', 'two in', 'two out', 'three in', 'three out'])
})

test('a resource that is held refuses a flip, and nothing is written', async () => {
  const done = signal()
  const { one, two, clock } = open(() => done.promise)
  const first = one.flip('enter')
  await clock.advance(0)
  expect((await two.safeFlip('enter')).error).toMatchObject({
    code: 'RESOURCE_BUSY',
    facts: { resource: 'bridge', waitedMs: 0 },
  })
  const waiting = two.safeFlip('enter', undefined, { wait: '2s' })
  await clock.advance(1_999)
  expect(await isPending(clock, waiting)).toBe(true)
  await clock.advance(1)
  expect((await waiting).error?.code).toBe('RESOURCE_BUSY')
  expect(await kinds(two)).toEqual([])
  done.resolve()
  await first
})

test('the resource is free again after a commit, a rollback, and a claim that failed', async () => {
  const shared = stage()
  const { one, two } = open(undefined, shared)
  await one.flip('enter')
  await two.flip('enter')
  await two.flip('leave')
  const fail = (): never => {
    throw new Error('derailed')
  }
  expect((await open(fail, shared).two.safeFlip('enter')).error?.code).toBe('FLIP_ROLLED_BACK')
  const broken = over(shared.journal, { append: () => Promise.reject(new Error('no disk')) })
  const claim = open(undefined, { ...shared, journal: broken }).two.safeFlip('enter')
  await shared.clock.advance(10_000)
  expect((await claim).error?.code).toBe('OUTCOME_UNKNOWN')
  expect((await two.flip('enter')).to).toBe('busy')
})

test('a flip that got its resource too late, when its gate had closed, gives it back', async () => {
  const shared = stage()
  const done = signal()
  const holder = open(() => done.promise, shared)
  const other = open(undefined, shared)
  const first = holder.one.flip('enter')
  await shared.clock.advance(0)
  const late = other.two.safeFlip('enter', undefined, { wait: '1m' })
  await shared.clock.advance(0)
  await other.gate.close()
  done.resolve()
  await first
  expect((await late).error?.code).toBe('GATE_CLOSED')
  expect((await open(undefined, shared).two.flip('enter')).to).toBe('busy')
})

test('what is held is kept while the rest is waited for, however long', async () => {
  const done = signal()
  const log: string[] = []
  const opened = open((subject) => (subject === 'digger' ? done.promise : log.push(subject)))
  const { one, two, gate, clock } = opened
  const digging = gate.subject('digger').flip('dig')
  await clock.advance(0)
  const both = one.flip('enter', undefined, { wait: '2m' })
  await clock.advance(25_000)
  const painting = two.flip('paint', undefined, { wait: '2m' })
  await clock.advance(0)
  expect(log).toEqual([])
  done.resolve()
  await Promise.all([digging, both, painting])
  expect(log).toEqual(['one', 'two'])
})

/** A lock whose leases cannot be renewed any more once they are lost. */
function losing(lock: Lock): Lock & { lose(): void } {
  let isLost = false
  return {
    lose: () => {
      isLost = true
    },
    acquire: async (resource, options) => {
      const lease = await lock.acquire(resource, options)
      return { ...lease, renew: (ttlMs) => (isLost ? Promise.resolve(false) : lease.renew(ttlMs)) }
    },
  }
}

test('a flip that loses its resource is told, and turns back', async () => {
  const shared = stage()
  const lock = losing(shared.lock)
  const undone: string[] = []
  const told: unknown[] = []
  const run: Deps['run'] = (_, { signal: abort, assertHeld }) =>
    new Promise((_resolve, reject) => {
      abort.addEventListener('abort', () => {
        expect(assertHeld).toThrowError(expect.objectContaining({ code: 'LEASE_LOST' }))
        told.push((abort.reason as Error).message)
        reject(new Error('stopped'))
      })
    })
  const { one, clock } = open(run, { ...shared, lock }, (subject) => void undone.push(subject))
  const asked = one.safeFlip('enter')
  await clock.advance(4_000)
  lock.lose()
  await clock.advance(1_000)
  const { error } = await asked
  expect(error?.facts).toMatchObject({
    failure: { code: 'RESOURCE_LOST', message: 'the lease on resource "bridge" was lost' },
  })
  expect(told).toEqual(['the lease on resource "bridge" was lost'])
  expect(undone).toEqual(['one'])
})

test('a resource that is lost while a record is being written turns the flip back before its next step', async () => {
  const shared = stage()
  const lock = losing(shared.lock)
  let isDown = false
  const flaky = over(shared.journal, {
    append: (subject, append) =>
      isDown ? Promise.reject(new Error('no answer')) : shared.journal.append(subject, append),
  })
  const done = signal()
  const { one, clock } = open(() => done.promise, { ...shared, lock, journal: flaky })
  const asked = one.safeFlip('enter')
  await clock.advance(4_900)
  isDown = true
  done.resolve()
  lock.lose()
  await clock.advance(200)
  isDown = false
  await clock.advance(3_000)
  expect((await asked).error?.facts).toMatchObject({ failure: { code: 'RESOURCE_LOST' } })
})

test('a flip whose resource is held by another is not adopted yet, and recovery says why', async () => {
  const shared = stage()
  const dying = mortal(shared.journal)
  void open(() => new Promise(() => undefined), { ...shared, journal: dying.journal }).one.safeFlip('enter')
  await shared.clock.advance(0)
  dying.die()
  await shared.clock.advance(15_000)
  const done = signal()
  const { gate, two } = open((subject) => (subject === 'two' ? done.promise : undefined), shared)
  const holder = two.flip('enter', undefined, { wait: '10s' })
  await shared.clock.advance(5_000)
  expect((await gate.recover()).skipped).toMatchObject([{ subject: 'one', error: { code: 'RESOURCE_BUSY' } }])
  done.resolve()
  await holder
  expect((await gate.recover()).adopted).toMatchObject([{ subject: 'one', outcome: 'committed' }])
})
