import { type Authorization, chart, createGate, deny, type FlipOptions, policy } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { kinds, records, signal, stage } from './stage.ts'

interface Deps {
  readonly open: boolean
  readonly calm: boolean
  readonly healthy: boolean
  readonly asked?: (name: string) => unknown
}

const bridge = chart('bridge', { version: 1 })
  .deps<Deps>()
  .operators('chief')
  .phase('down', { initial: true, after: { '1h': 'lift' } })
  .phase('up')
  .flip('raise', (f) =>
    f
      .from('down')
      .to('up')
      .input(z.object({ ship: z.string() }))
      .allow('keeper')
      .guard(
        'window',
        policy(({ deps }) => deps.open || deny('it is night')),
      )
      .guard('healthy', ({ deps }) => deps.healthy || deny('a motor is hot'))
      .guard(
        'calm',
        policy(async ({ deps }) => deps.calm || deny('wind of 9')),
      ),
  )
  .flip('lift', (f) =>
    f
      .from('down')
      .to('up')
      .allowAnyone()
      .guard(
        'window',
        policy(({ deps }) => deps.open),
      ),
  )
  .flip('lower', (f) => f.from('up').to('down').allowAnyone())
  .build()

const kim = { id: 'kim', roles: ['keeper'] }
const lee = { id: 'lee', roles: ['chief'] }
const breakGlass = { actor: lee, reason: 'a hospital ship waits' }
const input = { ship: 'Mercy' }

function open(deps: Partial<Deps> = {}) {
  const shared = stage()
  const gate = createGate(bridge, { ...shared, deps: { open: true, calm: true, healthy: true, ...deps } })
  return { ...shared, gate, bridge: gate.subject('tower') }
}

describe('breakGlass', () => {
  test('passes every policy that says no, and records who, why and which', async () => {
    const { gate, bridge } = open({ open: false, calm: false })
    const told: unknown[] = []
    gate.on('flip.requested', (event) => told.push(event.breakGlass))
    await bridge.flip('raise', input, { actor: kim, breakGlass })
    const passed = [
      { policy: 'window', reason: 'it is night' },
      { policy: 'calm', reason: 'wind of 9' },
    ]
    expect(await records(bridge)).toMatchObject([
      { kind: 'requested', actor: kim, breakGlass: { ...breakGlass, passed } },
      { kind: 'committed' },
    ])
    expect(told).toEqual([{ ...breakGlass, passed }])
  })

  test('is recorded also when every policy said yes, and is not where nobody broke it', async () => {
    const { bridge } = open()
    await bridge.flip('raise', input, { actor: kim, breakGlass })
    await bridge.flip('lower')
    await bridge.flip('raise', input, { actor: kim })
    const requests = (await records(bridge)).filter((record) => record.kind === 'requested')
    expect(requests.map((record) => record.breakGlass)).toEqual([{ ...breakGlass, passed: [] }, undefined, undefined])
  })

  test('asks every policy, all of them at once', async () => {
    const answer = signal<boolean>()
    const asked: string[] = []
    const two = chart('two', { version: 1 })
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) =>
        f
          .from('a')
          .to('b')
          .guard(
            'one',
            policy(() => asked.push('one') > 0 && answer.promise),
          )
          .guard(
            'two',
            policy(() => asked.push('two') > 0 && answer.promise),
          ),
      )
      .build()
    const shared = stage()
    const subject = createGate(two, shared).subject('s')
    const going = subject.flip('go', undefined, { breakGlass })
    await shared.clock.advance(0)
    expect(asked).toEqual(['one', 'two'])
    answer.resolve(true)
    await going
  })

  test('waits for no policy longer than its timeout, and says so', async () => {
    const shared = stage()
    const slow = chart('slow', { version: 1 })
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) =>
        f
          .from('a')
          .to('b')
          .guard(
            'slow',
            policy(() => new Promise<boolean>(() => undefined)),
          ),
      )
      .build()
    const subject = createGate(slow, shared).subject('s')
    const going = subject.flip('go', undefined, { breakGlass })
    await shared.clock.advance(6_000)
    await going
    const passed = [{ policy: 'slow', reason: 'it did not answer within 5s' }]
    expect(await records(subject)).toMatchObject([{ breakGlass: { passed } }, {}])
  })

  test('passes no plain guard', async () => {
    const { bridge } = open({ healthy: false, open: false })
    const refused = await bridge.safeFlip('raise', input, { actor: kim, breakGlass })
    expect(refused.error).toMatchObject({ code: 'GUARD_REFUSED', facts: { guard: 'healthy', by: 'guard' } })
    expect(await records(bridge)).toMatchObject([{ kind: 'denied', by: 'guard', guard: 'healthy' }])
  })

  test('passes no role, no schema, no chart', async () => {
    const { bridge } = open()
    expect((await bridge.safeFlip('raise', input, { actor: lee, breakGlass })).error?.code).toBe('UNAUTHORISED')
    const bad = await bridge.safeFlip('raise', {} as never, { actor: kim, breakGlass })
    expect(bad.error?.code).toBe('INPUT_INVALID')
    expect((await bridge.safeFlip('lower', undefined, { breakGlass })).error?.code).toBe('FLIP_ILLEGAL')
    expect(await kinds(bridge)).toEqual(['denied'])
  })

  test('is an act of its own: whoever breaks it has to be an operator, also where no policy says no', async () => {
    const { bridge } = open()
    const byKim = { actor: kim, reason: 'I am in a hurry' }
    const refused = await bridge.safeFlip('raise', input, { actor: kim, breakGlass: byKim })
    const facts = { act: 'breakGlass', flip: 'raise', actor: 'kim', needs: ['chief'] }
    expect(refused.error).toMatchObject({ code: 'UNAUTHORISED', facts })
    expect(await records(bridge)).toMatchObject([
      { kind: 'denied', by: 'authorisation', act: 'breakGlass', actor: kim },
    ])
    expect(await bridge.explain('raise', input, { actor: kim, breakGlass: byKim })).toMatchObject({
      verdict: 'unauthorised',
      reason: expect.stringContaining('break the glass'),
    })
  })

  test('asks authorize with the actor who breaks it and with his reason', async () => {
    const asked: unknown[] = []
    const deps = { open: true, calm: true, healthy: true }
    const authorize = (ask: Authorization): boolean => asked.push([ask.act, ask.flip, ask.actor?.id, ask.reason]) > 0
    const gate = createGate(bridge, { ...stage(), deps, authorize })
    await gate.subject('tower').flip('raise', input, { actor: kim, breakGlass })
    expect(asked).toEqual([
      ['flip', 'raise', 'kim', undefined],
      ['breakGlass', 'raise', 'lee', 'a hospital ship waits'],
    ])
  })

  test('needs an actor and a reason of its own, each refused by name', async () => {
    const { bridge } = open()
    for (const [option, wrong] of [
      ['breakGlass', true],
      ['breakGlass.actor', { reason: 'x' }],
      ['breakGlass.actor.id', { reason: 'x', actor: { id: 7 } }],
      ['breakGlass.reason', { actor: lee, reason: ' ' }],
      ['breakGlass.why', { ...breakGlass, why: 'x' }],
    ] as const) {
      const asked = bridge.safeFlip('raise', input, { actor: kim, breakGlass: wrong } as unknown as FlipOptions)
      expect((await asked).error).toMatchObject({ code: 'OPTION_INVALID', facts: { option } })
    }
    expect(await kinds(bridge)).toEqual([])
  })

  test('is never what a timer does, whoever broke it before', async () => {
    const weather = { open: true, calm: true, healthy: true }
    const shared = stage()
    const gate = createGate(bridge, { ...shared, deps: weather })
    await gate.subject('tower').flip('raise', input, { actor: kim, breakGlass })
    await gate.subject('tower').flip('lower', undefined, { breakGlass })
    weather.open = false
    await shared.clock.advance(3_600_000)
    expect((await gate.recover()).fired).toMatchObject([{ flip: 'lift', error: { facts: { by: 'policy' } } }])
  })

  test('goes where an earlier call of the same key was just refused by a policy', async () => {
    const answer = signal<true>()
    const two = chart('two', { version: 1 })
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) =>
        f
          .from('a')
          .to('b')
          .guard(
            'p',
            policy(async () => (await answer.promise) && deny('no')),
          ),
      )
      .build()
    const shared = stage()
    const subject = createGate(two, shared).subject('s')
    const plain = subject.safeFlip('go', undefined, { key: 'k' })
    const broken = subject.safeFlip('go', undefined, { key: 'k', breakGlass })
    await shared.clock.advance(0)
    answer.resolve(true)
    expect((await plain).error?.code).toBe('GUARD_REFUSED')
    expect((await broken).success).toBe(true)
  })
})

describe('a policy', () => {
  test('refuses as a guard does, and is told apart in the error and in the record', async () => {
    const { bridge } = open({ calm: false })
    const refused = await bridge.safeFlip('raise', input, { actor: kim })
    const facts = { subject: 'tower', flip: 'raise', guard: 'calm', by: 'policy', reason: 'wind of 9' }
    const message = 'policy "calm" refused flip "raise" of "tower": wind of 9'
    expect(refused.error).toMatchObject({ code: 'GUARD_REFUSED', message, facts })
    expect(await records(bridge)).toMatchObject([{ kind: 'denied', by: 'policy', guard: 'calm', reason: 'wind of 9' }])
  })

  test('is explained, with what breakGlass would pass', async () => {
    const { bridge } = open({ open: false, calm: false })
    expect(await bridge.explain('raise', input, { actor: kim })).toMatchObject({
      verdict: 'refused',
      reason: 'policy "window": it is night',
      passed: [],
    })
    expect(await bridge.explain('raise', input, { actor: kim, breakGlass })).toMatchObject({
      verdict: 'would go',
      guards: [{ refusal: 'it is night' }, { refusal: undefined }, { refusal: 'wind of 9' }],
      passed: [
        { policy: 'window', reason: 'it is night' },
        { policy: 'calm', reason: 'wind of 9' },
      ],
    })
    const hot = open({ open: false, healthy: false }).bridge
    expect(await hot.explain('raise', input, { actor: kim, breakGlass })).toMatchObject({
      verdict: 'refused',
      reason: 'guard "healthy": a motor is hot',
      passed: [{ policy: 'window' }],
    })
  })
})
