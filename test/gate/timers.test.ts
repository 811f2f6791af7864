import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { kinds, over, records, signal, stage } from './stage.ts'

const room = chart('room', { version: 1 })
  .phase('free', { initial: true })
  .phase('booked', { after: { '15m': 'release', '10m': 'remind' } })
  .phase('reminded', { after: { '5m': 'release' } })
  .flip('book', (f) => f.from('free').to('booked').allowAnyone())
  .flip('remind', (f) => f.from('booked').to('reminded').allow('concierge'))
  .flip('release', (f) => f.from('booked', 'reminded').to('free').allowAnyone())
  .build()

const MINUTE = 60_000

function open(on = stage()) {
  const gate = createGate(room, { ...on, random: () => 0.5 })
  return { ...on, gate, room: gate.subject('room-1') }
}

test('a timer fires once its time has run out, not before, when the gate recovers', async () => {
  const { gate, room, clock } = open()
  await room.flip('book')
  await clock.advance(10 * MINUTE - 1)
  expect((await gate.recover()).fired).toEqual([])
  await clock.advance(1)
  expect((await gate.recover()).fired).toEqual([{ subject: 'room-1', flip: 'remind', error: undefined }])
  expect(await room.phase()).toBe('reminded')
  expect((await gate.recover()).fired).toEqual([])
})

test('a timer needs no role: it goes as the system, which the chart has told to', async () => {
  const { gate, room, clock } = open()
  await room.flip('book')
  expect((await room.safeFlip('remind')).error?.code).toBe('UNAUTHORISED')
  await clock.advance(10 * MINUTE)
  await gate.recover()
  expect(await room.phase()).toBe('reminded')
  const reminded = (await records(room)).find((record) => record.kind === 'requested' && record.flip === 'remind')
  expect(reminded).toMatchObject({ actor: { id: 'system:timer', roles: ['system'] } })
})

test('timers fire in the background once the gate was started, until it is closed', async () => {
  const { gate, room, clock } = open()
  gate.start()
  gate.start()
  expect(clock.pending()).toBe(1)
  await room.flip('book')
  await clock.advance(11 * MINUTE)
  expect(await room.phase()).toBe('reminded')
  await clock.advance(5 * MINUTE)
  expect(await room.phase()).toBe('free')
  await gate.close()
  expect(clock.pending()).toBe(0)
})

test('timers survive the process: another one fires what is overdue', async () => {
  const shared = stage()
  const { gate, room } = open(shared)
  await room.flip('book')
  await gate.close()
  await shared.clock.advance(60 * MINUTE)
  const other = open(shared)
  expect((await other.gate.recover()).fired).toMatchObject([{ flip: 'remind' }])
  expect(await other.room.phase()).toBe('reminded')
})

test('leaving the phase cancels its timers; entering it again starts them anew', async () => {
  const { gate, room, clock } = open()
  await room.flip('book')
  await clock.advance(9 * MINUTE)
  await room.flip('release')
  expect((await room.state()).timers).toEqual([])
  await room.flip('book')
  await clock.advance(9 * MINUTE)
  expect((await gate.recover()).fired).toEqual([])
  await clock.advance(MINUTE)
  expect((await gate.recover()).fired).toMatchObject([{ flip: 'remind' }])
})

test('two processes that recover at once fire a timer once', async () => {
  const shared = stage()
  const one = open(shared)
  const two = open(shared)
  await one.room.flip('book')
  await shared.clock.advance(10 * MINUTE)
  const found = await Promise.all([one.gate.recover(), two.gate.recover()])
  const went = found.flatMap(({ fired }) => fired).filter(({ error }) => error === undefined)
  expect(went).toHaveLength(1)
  expect((await records(one.room)).filter((record) => record.kind === 'requested')).toHaveLength(2)
})

test('a timer does not fire for the next stay in its phase, when somebody was faster', async () => {
  const shared = stage()
  const asked = signal<true>()
  const slow = chart('slow', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { after: { '1m': 'back' } })
    .flip('go', (f) => f.from('a').to('b'))
    .flip('back', (f) =>
      f
        .from('b')
        .to('a')
        .guard('asked', () => asked.promise),
    )
    .build()
  const gate = createGate(slow, shared)
  const subject = gate.subject('s')
  await subject.flip('go')
  await shared.clock.advance(MINUTE)
  const recovering = gate.recover()
  await shared.clock.advance(0)
  await subject.force('a', { actor: { id: 'kim' }, reason: 'by hand' })
  await subject.flip('go')
  asked.resolve(true)
  expect((await recovering).fired).toMatchObject([{ flip: 'back', error: { code: 'FLIP_ILLEGAL' } }])
  expect(await subject.phase()).toBe('b')
})

test('a timer that is refused says so, where it is asked for and as an event', async () => {
  const guarded = chart('guarded', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { after: { '1m': 'back' } })
    .flip('go', (f) => f.from('a').to('b'))
    .flip('back', (f) =>
      f
        .from('b')
        .to('a')
        .guard('asked nicely', () => false),
    )
    .build()
  const { clock, journal } = stage()
  const gate = createGate(guarded, { clock, journal })
  const refused: string[] = []
  gate.on('flip.refused', ({ flip, error }) => refused.push(`${flip}: ${error.code}`))
  await gate.subject('x').flip('go')
  await clock.advance(MINUTE)
  expect((await gate.recover()).fired).toMatchObject([{ subject: 'x', flip: 'back', error: { code: 'GUARD_REFUSED' } }])
  expect(refused).toEqual(['back: GUARD_REFUSED'])
  expect(await kinds(gate.subject('x'))).toEqual(['requested', 'committed', 'denied'])
})

test('trouble of background recovery is told as an error event, and the next look comes', async () => {
  const { clock, journal } = stage()
  let looks = 0
  const broken = over(journal, {
    abandoned: () => {
      looks += 1
      return Promise.reject(new Error('no network'))
    },
  })
  const gate = createGate(room, { clock, journal: broken, random: () => 0.5 })
  const told: unknown[] = []
  gate.on('error', ({ error, during }) => told.push(`${during}: ${(error as Error).message}`))
  gate.start()
  await clock.advance(11_000)
  expect(looks).toBe(2)
  expect(told).toEqual(['recovery: no network', 'recovery: no network'])
  await gate.close()
})

test('a flip that takes long does not hold up the timers of others', async () => {
  const shared = stage()
  const slow = signal()
  const kiln = chart('kiln', { version: 1 })
    .phase('cold', { initial: true })
    .phase('hot', { after: { '1m': 'cool' } })
    .flip('fire', (f) => f.from('cold').to('hot'))
    .flip('cool', (f) =>
      f
        .from('hot')
        .to('cold')
        .step('wait', { run: ({ subject }) => (subject === 'slow' ? slow.promise : undefined), timeout: '1h' }),
    )
    .build()
  const gate = createGate(kiln, { ...shared, random: () => 0.5 })
  await gate.subject('slow').flip('fire')
  gate.start()
  await shared.clock.advance(70_000)
  await gate.subject('quick').flip('fire')
  await shared.clock.advance(70_000)
  expect(await gate.subject('quick').phase()).toBe('cold')
  expect((await gate.subject('slow').state()).flip?.flip).toBe('cool')
  slow.resolve()
  await shared.clock.advance(1)
  await gate.close()
})
