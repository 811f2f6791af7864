import { chart, createGate, type GateEvents, policy } from 'phasegate'
import { expect, test } from 'vitest'
import { virtualClock } from '../../src/testing/time/index.ts'
import { kinds, signal } from './stage.ts'
import { code, guest, keeper, open, reason, unlocking, warden } from './vault.ts'

test.each([
  ['nobody', undefined],
  ['an actor without roles', { id: 'kim' }],
  ['an actor with an empty list of roles', { id: 'kim', roles: [] }],
])('%s is refused to flip and to cancel what is reserved', async (_, actor) => {
  const { vault, flipId, turned, unlocked } = await unlocking()
  expect((await vault.safeFlip('lock', undefined, { actor })).error?.code).toBe('UNAUTHORISED')
  await expect(vault.cancel(flipId, { reason, actor })).rejects.toMatchObject({ code: 'UNAUTHORISED' })
  turned.resolve()
  expect((await unlocked).success).toBe(true)
})

test('where a chart declares roles, a flip that declares none is for nobody, and says what to declare', async () => {
  const { vault } = open()
  for (const actor of [undefined, guest, keeper, warden]) {
    const { error } = await vault.safeFlip('seal', undefined, { actor })
    expect(error).toMatchObject({ code: 'UNAUTHORISED', facts: { needs: [] } })
    expect(error?.message).toContain('.allow(…) or .allowAnyone()')
  }
  expect((await vault.flip('look')).to).toBe('shut')
})

test('where a chart declares roles, but no operators, orders are for nobody, and say what to declare', async () => {
  const door = chart('door', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open')
    .flip('open', (f) => f.from('shut').to('open').allow('keeper'))
    .flip('shut', (f) => f.from('open').to('shut').allow('keeper'))
    .build()
  const subject = createGate(door).subject('d')
  await expect(subject.force('open', { actor: keeper, reason })).rejects.toMatchObject({
    code: 'UNAUTHORISED',
    message:
      'to force "d" is for nobody: the chart declares roles, but none for this; declare .operators(…); asked for by "kim"',
  })
  expect((await subject.flip('open', undefined, { actor: keeper })).to).toBe('open')
})

test('a role that a policy asks to approve is a role that the chart declares', async () => {
  const door = chart('door', { version: 1 })
    .phase('shut', { initial: true })
    .flip('ring', (f) =>
      f
        .from('shut')
        .to('shut')
        .guard(
          'leave',
          policy(() => true, { approvers: ['director'] }),
        ),
    )
    .build()
  const subject = createGate(door).subject('d')
  expect((await subject.safeFlip('ring')).error?.code).toBe('UNAUTHORISED')
  await expect(subject.approve('ring', undefined, { actor: guest, reason })).rejects.toMatchObject({
    code: 'UNAUTHORISED',
    facts: { act: 'approve', needs: ['director'] },
  })
  await subject.approve('ring', undefined, { actor: { id: 'dot', roles: ['director'] }, reason })
  expect(await kinds(subject)).toEqual(['denied', 'denied', 'approved'])
})

test('where a chart declares no roles at all, everything is open', async () => {
  const lamp = chart('lamp', { version: 1 })
    .phase('off', { initial: true })
    .phase('on')
    .flip('on', (f) => f.from('off').to('on'))
    .flip('off', (f) => f.from('on').to('off'))
    .build()
  const subject = createGate(lamp).subject('l')
  await subject.flip('on')
  await subject.force('off', { actor: { id: 'kim' }, reason })
  await subject.redact(1, { actor: { id: 'kim' }, reason })
  await subject.prune({ actor: { id: 'kim' }, reason, olderThan: 0 })
  expect(await kinds(subject)).toEqual(['requested', 'committed', 'forced', 'redacted', 'pruned'])
})

test('roles are asked for before the input is looked at, the key is looked up, or a guard is asked', async () => {
  const { vault } = open()
  await vault.flip('unlock', code, { actor: keeper, key: 'k' })
  for (const input of [code, { code: 8 }, { code: 'seven' as never }]) {
    const { error } = await vault.safeFlip('unlock', input, { actor: guest, key: 'k' })
    expect(error?.code).toBe('UNAUTHORISED')
  }
  expect(await vault.flip('unlock', code, { actor: keeper, key: 'k' })).toMatchObject({ replayed: true })
})

test('who may not flip does not join a call of the same key either', async () => {
  const { vault, turned, unlocked } = await unlocking()
  expect((await vault.safeFlip('unlock', code, { actor: guest, key: 'k' })).error?.code).toBe('UNAUTHORISED')
  const joined = vault.safeFlip('unlock', code, { actor: keeper, key: 'k' })
  turned.resolve()
  expect((await joined).data?.flipId).toBe((await unlocked).data?.flipId)
})

test('a handle asks as the subject does', async () => {
  const { vault } = open()
  const shut = await vault.at('shut')
  expect((await shut.safeFlip('unlock', code, { actor: guest })).error?.code).toBe('UNAUTHORISED')
  expect((await shut.flip('unlock', code, { actor: keeper })).to).toBe('open')
})

test('a flip that pre-empts needs no leave to cancel the one in progress: the chart has given it', async () => {
  const turned = signal()
  const siren = chart('siren', { version: 1 })
    .phase('calm', { initial: true })
    .phase('alarm', { final: true })
    .flip('test', (f) =>
      f
        .from('calm')
        .to('alarm')
        .allow('tester')
        .step('sound', { run: () => turned.promise, compensate: () => undefined }),
    )
    .flip('alarm', (f) => f.from('calm').to('alarm').allow('guard').preempt())
    .build()
  const clock = virtualClock()
  const subject = createGate(siren, { clock }).subject('s')
  const tested = subject.safeFlip('test', undefined, { actor: { id: 'ted', roles: ['tester'] } })
  await clock.advance(0)
  const alarmed = subject.flip('alarm', undefined, { actor: { id: 'gil', roles: ['guard'] } })
  await clock.advance(2_000)
  expect((await alarmed).to).toBe('alarm')
  expect((await tested).error?.code).toBe('FLIP_ROLLED_BACK')
})

test('every refusal of leave is an event, also where the record is only counted', async () => {
  const { gate, vault } = open()
  const told: GateEvents['unauthorised'][] = []
  gate.on('unauthorised', (payload) => told.push(payload))
  for (let n = 0; n < 3; n++) await vault.force('open', { actor: guest, reason }).catch(() => undefined)
  await vault.safeFlip('lock')
  expect(told.map(({ act, flip, actor }) => [act, flip, actor?.id])).toEqual([
    ['force', undefined, 'gus'],
    ['force', undefined, 'gus'],
    ['force', undefined, 'gus'],
    ['flip', 'lock', undefined],
  ])
  expect(told[0]).toMatchObject({ chart: 'vault', subject: 'vault-1', error: { code: 'UNAUTHORISED' } })
})
