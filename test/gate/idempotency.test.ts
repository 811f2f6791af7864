import { chart, createGate, type Journal, terminal } from 'phasegate'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { VirtualClock } from '../../src/testing/time/index.ts'
import { isPending, kinds, mortal, records, signal, stage } from './stage.ts'

interface Deps {
  /** What a step does; `key` is its step key. */
  work(step: 'one' | 'two', key: string): unknown
  allowed(): boolean
}

const lift = chart('lift', { version: 1 })
  .deps<Deps>()
  .phase('down', { initial: true })
  .phase('up')
  .flip('raise', (f) =>
    f
      .from('down')
      .to('up')
      .input(z.object({ floor: z.number() }))
      .guard('allowed', ({ deps }) => deps.allowed())
      .step('one', {
        run: async ({ deps, stepKey }) => {
          await deps.work('one', stepKey)
          return stepKey
        },
        compensate: () => undefined,
      })
      .step('two', { run: ({ deps, stepKey }) => deps.work('two', stepKey), compensate: () => undefined }),
  )
  .flip('lower', (f) => f.from('up').to('down'))
  .flip('hold', (f) =>
    f
      .from('down', 'up')
      .to('down')
      .input(z.object({ floor: z.number() })),
  )
  .build()

function open(on: { readonly clock: VirtualClock; readonly journal: Journal }, deps: Partial<Deps> = {}) {
  const gate = createGate(lift, { ...on, deps: { work: () => undefined, allowed: () => true, ...deps } })
  return { gate, lift: gate.subject('lift-1') }
}

const input = { floor: 3 }

test('a key belongs to one subject: the same key on another is another request', async () => {
  const { gate, lift } = open(stage())
  const first = await lift.flip('raise', input, { key: 'k' })
  const other = await gate.subject('lift-2').flip('raise', input, { key: 'k' })
  expect(other.replayed).toBe(false)
  expect(other.flipId).not.toBe(first.flipId)
})

test('without a key every call is a request of its own', async () => {
  const { lift } = open(stage())
  await lift.flip('raise', input)
  expect((await lift.safeFlip('raise', input)).error?.code).toBe('FLIP_ILLEGAL')
})

test('the same key while it runs joins the flip and gets its outcome', async () => {
  const done = signal()
  const { clock, journal } = stage()
  const { lift } = open({ clock, journal }, { work: () => done.promise })
  const first = lift.flip('raise', input, { key: 'k' })
  await clock.advance(0)
  const second = lift.flip('raise', input, { key: 'k' })
  expect(await isPending(clock, second)).toBe(true)
  done.resolve()
  expect(await second).toEqual(await first)
  expect(await kinds(lift)).toEqual(['requested', 'stepped', 'stepped', 'committed'])
})

test('the same key while it runs is busy, with the id of the flip, when asked not to join', async () => {
  const done = signal()
  const { clock, journal } = stage()
  const { lift } = open({ clock, journal }, { work: () => done.promise })
  const first = lift.flip('raise', input, { key: 'k' })
  await clock.advance(0)
  const { error } = await lift.safeFlip('raise', input, { key: 'k', join: false })
  done.resolve()
  const { flipId } = await first
  expect(error).toMatchObject({ code: 'FLIP_BUSY', facts: { flipId, running: 'raise', stuck: false } })
})

test('the same key after the commit replays the result, whatever the phase is now', async () => {
  const { lift } = open(stage())
  const first = await lift.flip('raise', input, { key: 'k' })
  await lift.flip('lower')
  expect(await lift.flip('raise', input, { key: 'k' })).toEqual({ ...first, replayed: true })
  expect(await lift.phase()).toBe('down')
})

test('a key that was used for another flip or another input is a mismatch, also through another gate', async () => {
  const shared = stage()
  await open(shared).lift.flip('raise', input, { key: 'k' })
  const { lift } = open(shared)
  const facts = { subject: 'lift-1', key: 'k', earlier: 'raise' }
  expect((await lift.safeFlip('raise', { floor: 4 }, { key: 'k' })).error).toMatchObject({
    code: 'KEY_MISMATCH',
    facts,
  })
  expect((await lift.safeFlip('hold', input, { key: 'k' })).error).toMatchObject({ code: 'KEY_MISMATCH', facts })
})

test('a key in use for another flip or input is a mismatch while it runs, here and in another process', async () => {
  const done = signal()
  const shared = stage()
  const { lift } = open(shared, { work: () => done.promise })
  const running = lift.flip('raise', input, { key: 'k' })
  await shared.clock.advance(0)
  for (const asked of [lift, open(shared).lift]) {
    expect((await asked.safeFlip('raise', { floor: 4 }, { key: 'k' })).error?.code).toBe('KEY_MISMATCH')
    expect((await asked.safeFlip('hold', input, { key: 'k' })).error?.code).toBe('KEY_MISMATCH')
  }
  done.resolve()
  await running
})

test('a refusal stores nothing against the key: it may be used for anything afterwards', async () => {
  let allowed = false
  const { lift } = open(stage(), { allowed: () => allowed })
  expect((await lift.safeFlip('raise', input, { key: 'k' })).error?.code).toBe('GUARD_REFUSED')
  expect((await lift.safeFlip('lower', undefined, { key: 'k' })).error?.code).toBe('FLIP_ILLEGAL')
  expect((await lift.safeFlip('raise', { floor: 'top' } as never, { key: 'k' })).error?.code).toBe('INPUT_INVALID')
  allowed = true
  expect(await lift.flip('raise', { floor: 9 }, { key: 'k' })).toMatchObject({ attempt: 1, replayed: false })
})

test('a terminal failure is stored against the key and replayed', async () => {
  let runs = 0
  const work = (): void => {
    runs += 1
    throw terminal(new Error('no such floor'))
  }
  const { lift } = open(stage(), { work })
  const first = await lift.safeFlip('raise', input, { key: 'k' })
  const again = await lift.safeFlip('raise', input, { key: 'k' })
  expect(first.error?.facts).toMatchObject({ replayed: false, failure: { terminal: true, message: 'no such floor' } })
  expect(again.error).toMatchObject({ code: 'FLIP_ROLLED_BACK', facts: { ...first.error?.facts, replayed: true } })
  expect(again.error).not.toBe(first.error)
  expect(runs).toBe(1)
})

test('any other failure is not stored: the next call is another attempt, with a flip id and step keys of its own', async () => {
  const keys: string[] = []
  let broken = true
  const work = (step: string, key: string): void => {
    keys.push(key)
    if (step === 'two' && broken) throw new Error('power cut')
  }
  const { lift } = open(stage(), { work })
  const failed = await lift.safeFlip('raise', input, { key: 'k' })
  broken = false
  const second = await lift.flip('raise', input, { key: 'k' })
  expect(second).toMatchObject({ attempt: 2, replayed: false })
  expect(failed.error?.facts).toMatchObject({ flipId: expect.not.stringMatching(second.flipId) })
  expect(new Set(keys).size).toBe(4)
  const requested = (await records(lift)).filter((record) => record.kind === 'requested')
  expect(requested).toMatchObject([
    { key: 'k', attempt: 1 },
    { key: 'k', attempt: 2 },
  ])
})

test('who joins from another process gets the outcome of the flip that was running, also when it fails', async () => {
  const done = signal()
  const shared = stage()
  let runs = 0
  const work = (): Promise<void> => {
    runs += 1
    return done.promise
  }
  const first = open(shared, { work }).lift.safeFlip('raise', input, { key: 'k' })
  await shared.clock.advance(0)
  const joined = open(shared, { work }).lift.safeFlip('raise', input, { key: 'k' })
  await shared.clock.advance(500)
  done.reject(new Error('power cut'))
  await shared.clock.advance(2_000)
  const { flipId } = (await first).error?.facts as { flipId: string }
  expect((await joined).error).toMatchObject({
    code: 'FLIP_ROLLED_BACK',
    facts: { flipId, failure: { message: 'power cut' } },
  })
  expect(runs).toBe(1)
})

test('a caller with the key of a dead owner adopts its flip and resumes it', async () => {
  const shared = stage()
  const keys: string[] = []
  const dying = mortal(shared.journal)
  const dead = open(
    { ...shared, journal: dying.journal },
    { work: (step) => (step === 'two' ? new Promise(() => undefined) : undefined) },
  )
  void dead.lift.safeFlip('raise', input, { key: 'k' })
  await shared.clock.advance(0)
  const before = await records(open(shared).lift)
  dying.die()
  const caller = open(shared, { work: (_, key) => void keys.push(key) }).lift
  const answer = caller.flip('raise', input, { key: 'k' })
  expect(await isPending(shared.clock, answer)).toBe(true)
  await shared.clock.advance(20_000)
  const requested = before.find((record) => record.kind === 'requested')
  expect(await answer).toMatchObject({ flipId: requested?.flipId, attempt: 1, epoch: 2 })
  expect(keys).toEqual([`${requested?.flipId}:two`])
  expect(await kinds(caller)).toEqual(['requested', 'stepped', 'adopted', 'stepped', 'committed'])
})

test('an owner that finishes after its flip was adopted is fenced, and the stored outcome stays', async () => {
  const shared = stage()
  const paused = stage().clock
  const late = signal()
  const owner = open({ journal: shared.journal, clock: paused }, { work: () => late.promise }).lift
  const lost = owner.safeFlip('raise', input, { key: 'k' })
  await shared.clock.advance(16_000)
  const adopter = open(shared).lift
  const answer = adopter.flip('raise', input, { key: 'k' })
  await shared.clock.advance(3_000)
  const stored = await answer
  late.resolve()
  expect((await lost).error).toMatchObject({ code: 'FENCED', facts: { epoch: 1, current: 2 } })
  expect(await adopter.flip('raise', input, { key: 'k' })).toEqual({ ...stored, replayed: true })
})

test('a thousand flips of one key at once are one run with one outcome, also through two gates', async () => {
  const shared = stage()
  let runs = 0
  const work = async (step: string): Promise<void> => {
    if (step === 'one') runs += 1
    await Promise.resolve()
  }
  const lifts = [open(shared, { work }).lift, open(shared, { work }).lift]
  const calls = Array.from({ length: 1_000 }, (_, n) => (lifts[n % 2] ?? lifts[0])?.flip('raise', input, { key: 'k' }))
  await shared.clock.advance(5_000)
  const ids = new Set((await Promise.all(calls)).map((result) => result?.flipId))
  expect(ids.size).toBe(1)
  expect(runs).toBe(1)
  expect(await kinds(open(shared).lift)).toEqual(['requested', 'stepped', 'stepped', 'committed'])
})
