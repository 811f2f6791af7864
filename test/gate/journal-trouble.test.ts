import { chart, createGate, type Journal, PhasegateError } from 'phasegate'
import { expect, test } from 'vitest'
import { isPending, kinds, over, signal, stage, timed } from './stage.ts'

interface Deps {
  run(step: string): unknown
}

const valve = chart('valve', { version: 1 })
  .deps<Deps>()
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) =>
    f
      .from('shut')
      .to('open')
      .step('one', { run: ({ deps }) => deps.run('one') })
      .step('two', { run: ({ deps }) => deps.run('two') })
      .step('three', { run: ({ deps }) => deps.run('three') }),
  )
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()

type Append = Parameters<Journal['append']>[1]
const holds = (append: Append, kind: string): boolean => append.records.some((record) => record.kind === kind)

/** `meddle` is asked before each append; what it returns happens after storing, what it throws instead of it. */
function open(meddle: (append: Append) => undefined | (() => unknown), changes: Partial<Journal> = {}) {
  const shared = stage()
  const journal = over(shared.journal, {
    append: async (subject, append) => {
      const after = meddle(append)
      await shared.journal.append(subject, append)
      after?.()
    },
    ...changes,
  })
  const ran: string[] = []
  const gate = createGate(valve, {
    ...shared,
    journal,
    random: () => 0.5,
    deps: { run: (step) => void ran.push(step) },
  })
  return { ...shared, gate, valve: gate.subject('valve-1'), ran }
}

const unknown = (): never => {
  throw new PhasegateError('OUTCOME_UNKNOWN', 'no answer', { subject: 'valve-1', opId: '', flipId: undefined })
}
const failed = (): never => {
  throw new PhasegateError('JOURNAL_FAILED', 'the disk is full', { operation: 'append', cause: 'ENOSPC' })
}
const all = ['requested', 'stepped', 'stepped', 'stepped', 'committed']

test.each(['requested', 'stepped', 'committed'])(
  'a lost answer to "%s" is asked for again: nothing is done or stored twice',
  async (kind) => {
    let lost = 0
    const { valve, ran, clock } = open((append) => (holds(append, kind) && lost++ === 0 ? unknown : undefined))
    const asked = valve.flip('open')
    await clock.advance(10_000)
    expect(await asked).toMatchObject({ to: 'open', epoch: 1 })
    expect(ran).toEqual(['one', 'two', 'three'])
    expect(await kinds(valve)).toEqual(all)
  },
)

test('a claim whose answer was lost stays in doubt, though the store is surely away when it is asked again', async () => {
  let asks = 0
  const { valve, clock } = open((append) => {
    if (!holds(append, 'requested')) return undefined
    return asks++ === 0 ? unknown : failed()
  })
  const asked = valve.safeFlip('open')
  await clock.advance(10_000)
  expect((await asked).error?.code).toBe('OUTCOME_UNKNOWN')
  expect(asks).toBeGreaterThan(1)
  expect(await kinds(valve)).toEqual(['requested'])
})

test('an error that is not ours says nothing of what was stored, and is treated so', async () => {
  let lost = 0
  const crash = (): never => {
    throw new Error('socket hang up')
  }
  const { valve, ran, clock } = open((append) => (holds(append, 'stepped') && lost++ < 3 ? crash : undefined))
  const asked = valve.flip('open')
  await clock.advance(10_000)
  expect((await asked).to).toBe('open')
  expect(ran).toEqual(['one', 'two', 'three'])
  expect(await kinds(valve)).toEqual(all)
})

test('a claim whose outcome stays unknown is said to be so, and nothing is run on it', async () => {
  let isDown = true
  const { valve, ran, clock } = open((append) => (isDown && holds(append, 'requested') ? unknown : undefined))
  const asked = valve.safeFlip('open', undefined, { key: 'k' })
  await clock.advance(20_000)
  expect((await asked).error?.code).toBe('OUTCOME_UNKNOWN')
  expect(ran).toEqual([])
  expect((await valve.state()).flip?.key).toBe('k')
  isDown = false
  const again = valve.flip('open', undefined, { key: 'k' })
  await clock.advance(20_000)
  expect(await again).toMatchObject({ attempt: 1, to: 'open' })
  expect(ran).toEqual(['one', 'two', 'three'])
})

test('a claim that the journal refused has done nothing', async () => {
  const { valve, ran, clock } = open((append) => (holds(append, 'requested') ? failed() : undefined))
  const asked = valve.safeFlip('open')
  expect(await isPending(clock, asked)).toBe(false)
  expect((await asked).error).toMatchObject({ code: 'JOURNAL_FAILED', facts: { cause: 'ENOSPC' } })
  expect(ran).toEqual([])
  expect(await kinds(valve)).toEqual([])
})

test('a journal that fails in the middle is asked again while the lease is held', async () => {
  let fails = 0
  const { valve, clock, ran } = open((append) => (holds(append, 'stepped') && fails++ < 4 ? failed() : undefined))
  const asked = valve.flip('open')
  await clock.advance(9_000)
  expect((await asked).to).toBe('open')
  expect(ran).toEqual(['one', 'two', 'three'])
})

test('a journal that goes on failing costs the lease, and the flip is left to be adopted', async () => {
  let isDown = true
  const { valve, gate, clock, ran } = open((append) => (isDown && holds(append, 'stepped') ? failed() : undefined), {
    renew: () => Promise.reject(new Error('down')),
  })
  const asked = valve.safeFlip('open')
  expect(await timed(clock, asked, 100)).toBeLessThanOrEqual(11_000)
  expect((await asked).error?.code).toBe('LEASE_LOST')
  expect(ran).toEqual(['one'])
  isDown = false
  await clock.advance(15_000)
  expect((await gate.recover()).adopted).toMatchObject([{ outcome: 'committed' }])
  expect(ran).toEqual(['one', 'one', 'two', 'three'])
})

test('a read that fails while a flip runs is asked again, and does not end it', async () => {
  const shared = stage()
  const done = signal()
  let fails = 0
  const journal = over(shared.journal, {
    read: (subject) => (fails-- > 0 ? Promise.reject(new Error('no route')) : shared.journal.read(subject)),
  })
  const { clock } = shared
  const run = (step: string): unknown => (step === 'one' ? done.promise : undefined)
  const owner = createGate(valve, { clock, journal, random: () => 0.5, deps: { run } }).subject('valve-1')
  const asked = owner.safeFlip('open')
  await clock.advance(0)
  const flipId = (await owner.state()).flip?.id ?? ''
  // Another process writes, so that the owner has to read again.
  await createGate(valve, { clock, journal: shared.journal, deps: { run } })
    .subject('valve-1')
    .cancel(flipId, { reason: 'x' })
  fails = 2
  done.resolve()
  await clock.advance(3_000)
  expect((await asked).error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { failure: { code: 'CANCELLED' } } })
})

test('a journal that cannot be read refuses a flip with a coded error', async () => {
  const { valve } = open(() => undefined, { read: () => Promise.reject(new Error('no route')) })
  expect((await valve.safeFlip('open')).error).toMatchObject({
    code: 'JOURNAL_FAILED',
    facts: { operation: 'read', cause: 'no route' },
  })
  await expect(valve.phase()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' })
})

test('a journal that cannot look up a key refuses a flip with a coded error', async () => {
  let isDown = false
  const shared = stage()
  const { valve } = open(() => undefined, {
    settled: (subject, key) => (isDown ? Promise.reject(new Error('no route')) : shared.journal.settled(subject, key)),
  })
  await valve.flip('open')
  isDown = true
  // No refusal rests on what is remembered: an illegal flip has its key looked up.
  const { error } = await valve.safeFlip('open', undefined, { key: 'k' })
  expect(error).toMatchObject({ code: 'JOURNAL_FAILED', facts: { operation: 'settled', cause: 'no route' } })
})

test('a flip of k steps costs k + 1 appends, and no read when this process wrote last', async () => {
  const calls: string[] = []
  const shared = stage()
  const journal = over(shared.journal, {
    read: (subject) => {
      calls.push('read')
      return shared.journal.read(subject)
    },
    append: (subject, append) => {
      calls.push(append.records.map((record) => record.kind).join('+'))
      return shared.journal.append(subject, append)
    },
    settled: (subject, key) => {
      calls.push('settled')
      return shared.journal.settled(subject, key)
    },
  })
  const valve1 = createGate(valve, { ...shared, journal, deps: { run: () => undefined } }).subject('valve-1')
  await valve1.flip('open')
  expect(calls.splice(0)).toEqual(['read', 'requested', 'stepped', 'stepped', 'stepped+committed'])
  await valve1.flip('shut')
  expect(calls.splice(0)).toEqual(['requested+committed'])
  await valve1.flip('open')
  expect(calls.splice(0)).toEqual(['requested', 'stepped', 'stepped', 'stepped+committed'])
  await valve1.flip('shut', undefined, { key: 'k' })
  expect(calls).toEqual(['requested+committed'])
})

test('every record renews the lease: a flip that records is not lost for want of a heartbeat', async () => {
  const shared = stage()
  const journal = over(shared.journal, { renew: () => Promise.reject(new Error('no route')) })
  const run = () => new Promise<void>((resolve) => shared.clock.timer(9_000, resolve))
  const asked = createGate(valve, { ...shared, journal, deps: { run } })
    .subject('valve-1')
    .safeFlip('open')
  await shared.clock.advance(27_000)
  expect((await asked).success).toBe(true)
})

test('a read that answers late, with what was before our write, is not believed', async () => {
  const shared = stage()
  const answer = signal()
  let isSlow = false
  const journal = over(shared.journal, {
    read: async (subject) => {
      const head = await shared.journal.read(subject)
      if (isSlow) await answer.promise
      return head
    },
  })
  const subject = createGate(valve, { ...shared, journal, deps: { run: () => undefined } }).subject('valve-1')
  await subject.phase()
  isSlow = true
  const late = subject.phase()
  await subject.flip('open')
  answer.resolve()
  await late
  expect(subject.admit('open').phase).toBe('open')
})

test('a refusal never rests on what is remembered: another process may have moved the subject', async () => {
  const { clock, journal, lock } = stage()
  const deps = { run: () => undefined }
  const [here, there] = [1, 2].map(() => createGate(valve, { clock, journal, lock, deps }).subject('valve-1'))
  await here?.phase()
  await there?.flip('open')
  expect((await here?.flip('shut'))?.to).toBe('shut')
})

test('a flip in memory leaves no timer behind that keeps a process alive', async () => {
  const { valve, clock } = open(() => undefined)
  await valve.flip('open')
  await clock.advance(5_000)
  expect(clock.pending()).toBe(0)
})
