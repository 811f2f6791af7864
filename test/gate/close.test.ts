import { chart, createGate, type Journal } from 'phasegate'
import { expect, test } from 'vitest'
import type { VirtualClock } from '../../src/testing/time/index.ts'
import { isPending, over, signal, stage } from './stage.ts'

interface Deps {
  run(step: string): unknown
}

const crane = chart('crane', { version: 1 })
  .deps<Deps>()
  .phase('low', { initial: true })
  .phase('high', { final: true })
  .flip('lift', (f) =>
    f
      .from('low')
      .to('high')
      .step('hook', { run: ({ deps }) => deps.run('hook') })
      .step('hoist', { run: ({ deps }) => deps.run('hoist') }),
  )
  .build()

function open(on: { readonly clock: VirtualClock; readonly journal: Journal }, run: Deps['run'] = () => undefined) {
  const gate = createGate(crane, { ...on, deps: { run } })
  return { gate, crane: gate.subject('crane-1') }
}

test('a gate that closes in the middle of a flip leaves it to be adopted, and tells its caller', async () => {
  const shared = stage()
  const told: unknown[] = []
  const owner = open(shared, (step) => (step === 'hoist' ? new Promise(() => undefined) : undefined))
  owner.gate.on('lease.lost', ({ error }) => told.push(error.code))
  const asked = owner.crane.safeFlip('lift')
  await shared.clock.advance(0)
  const closing = owner.gate.close({ within: 0 })
  await shared.clock.advance(0)
  const { left } = await closing
  expect((await asked).error?.code).toBe('GATE_CLOSED')
  expect(told).toEqual(['GATE_CLOSED'])
  await shared.clock.advance(15_000)
  const { gate } = open(shared)
  expect((await gate.recover()).adopted).toMatchObject([{ flipId: left[0], outcome: 'committed' }])
})

test('a gate that closes waits for its flips, as long as it was told', async () => {
  const shared = stage()
  const done = signal()
  const owner = open(shared, () => done.promise)
  const asked = owner.crane.flip('lift')
  await shared.clock.advance(0)
  const closing = owner.gate.close({ within: '5s' })
  await shared.clock.advance(4_000)
  expect(await isPending(shared.clock, closing)).toBe(true)
  expect((await owner.gate.subject('crane-2').safeFlip('lift')).error?.code).toBe('GATE_CLOSED')
  done.resolve()
  expect(await closing).toEqual({ left: [] })
  expect((await asked).to).toBe('high')
})

test('a flip that is being claimed when the gate closes is not run behind its back', async () => {
  const shared = stage()
  const wait = signal()
  const slow = over(shared.journal, {
    append: (subject, append) => wait.promise.then(() => shared.journal.append(subject, append)),
  })
  const ran: string[] = []
  const owner = open({ ...shared, journal: slow }, (step) => void ran.push(step))
  const asked = owner.crane.safeFlip('lift')
  await shared.clock.advance(0)
  const closing = owner.gate.close({ within: 0 })
  wait.resolve()
  await closing
  const atClose = [...ran]
  await shared.clock.advance(100)
  expect((await asked).error?.code).toBe('GATE_CLOSED')
  expect(ran).toEqual(atClose)
})

test('a gate closes although the journal of a flip in progress never answers', async () => {
  const shared = stage()
  let appends = 0
  const silent = over(shared.journal, {
    append: (subject, append) =>
      ++appends === 1 ? shared.journal.append(subject, append) : new Promise(() => undefined),
  })
  const { gate, crane } = open({ ...shared, journal: silent })
  void crane.safeFlip('lift')
  await shared.clock.advance(0)
  const closing = gate.close({ within: '2s' })
  await shared.clock.advance(3_000)
  expect((await closing).left).toHaveLength(1)
})

test('a gate that is closed by the very step that begins waits for its flip', async () => {
  const shared = stage()
  let closing: Promise<{ readonly left: readonly string[] }> | undefined
  const { gate, crane } = open(shared, (step) => {
    if (step === 'hook') closing = gate.close({ within: '1m' })
  })
  expect((await crane.flip('lift')).to).toBe('high')
  expect(await closing).toEqual({ left: [] })
})

test('a gate that closes while it recovers takes no more flips up', async () => {
  const shared = stage()
  const dead = open(shared, () => new Promise(() => undefined))
  for (let n = 0; n < 20; n++) void dead.gate.subject(`crane-${n}`).safeFlip('lift')
  await shared.clock.advance(0)
  const closed = dead.gate.close({ within: 0 })
  await shared.clock.advance(0)
  await closed
  await shared.clock.advance(15_000)

  const begun: string[] = []
  const going = signal()
  const { gate } = open(shared, (step) => {
    begun.push(step)
    return going.promise
  })
  const recovering = gate.recover()
  await shared.clock.advance(0)
  const closing = gate.close()
  going.resolve()
  await closing
  expect((await recovering).adopted).toHaveLength(4)
  expect(begun.filter((step) => step === 'hook')).toHaveLength(4)
  const heir = open(shared)
  expect((await heir.gate.recover()).adopted).toHaveLength(16)
})
