import fc from 'fast-check'
import { chart, createGate, isPhasegateError } from 'phasegate'
import { paths, simulate, virtualClock } from 'phasegate/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chartOf, plan } from '../../chart/random.ts'
import { type UntypedFlip, untyped } from '../../chart/untyped.ts'
import { caught } from '../../xstate/caught.ts'

const server = chart('server', { version: 1 })
  .phase('serving', { initial: true })
  .phase('draining', { after: { '10m': 'remind', '15m': 'restore' } })
  .phase('reminded', { after: { '5m': 'restore' } })
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .input(z.object({ reason: z.string() }))
      .allow('sre'),
  )
  .flip('remind', (f) => f.from('draining').to('reminded').allowAnyone())
  .flip('restore', (f) => f.from('draining', 'reminded').to('serving').allowAnyone())
  .flip('stop', (f) => f.from('draining', 'reminded').to('stopped').allow('sre'))
  .flip('kill', (f) => f.from('draining').to('stopped').allow('sre'))
  .build()

const options = { inputs: { drain: { reason: 'patch' } }, actor: { id: 'kim', roles: ['sre'] } } as const

describe('every shortest path is a test case', () => {
  test.each(paths(server, options).shortest)('$name', async (path) => {
    const sim = simulate(server)
    await path.walk(sim)
    expect(await sim.phase()).toBe(path.phase)
  })

  test('one for each phase, with what leads there', () => {
    const { shortest } = paths(server)
    expect(shortest.map(({ name }) => name)).toEqual([
      'serving',
      'serving → draining',
      'serving → draining → reminded',
      'serving → draining → stopped',
    ])
    expect(shortest[2]).toMatchObject({
      phase: 'reminded',
      flips: [
        { flip: 'drain', from: 'serving', to: 'draining', afterMs: undefined },
        { flip: 'remind', from: 'draining', to: 'reminded', afterMs: 600_000 },
      ],
    })
  })
})

describe('every simple path is a test case', () => {
  test.each(paths(server, options).simple)('$name', async (path) => {
    await path.walk(createGate(server).subject('web-1'))
  })

  test('those through the same phases are told apart by their flips', () => {
    expect(paths(server).simple.map(({ name }) => name)).toEqual([
      'serving',
      'serving → draining',
      'serving → draining → reminded',
      'serving → draining → reminded → stopped',
      'serving → (drain) draining → (stop) stopped',
      'serving → (drain) draining → (kill) stopped',
    ])
  })

  test('more than were asked for are refused, not cut', () => {
    const names = Array.from({ length: 9 }, (_, index) => `p${index}`)
    let dense = untyped('dense', { version: 1 })
    for (const name of names) dense = dense.phase(name, { initial: name === 'p0' })
    for (const name of names) dense = dense.flip(`to ${name}`, (f: UntypedFlip) => f.from(...names).to(name))
    // 1 + 8 + 8·7 + … + 8!
    const many = 109_601
    expect(paths(server, { most: 6 }).simple).toHaveLength(6)
    expect(caught('PATHS_EXCEEDED', () => paths(server, { most: 5 }).simple).facts).toEqual({
      chart: 'server',
      most: 5,
    })
    const found = paths(dense.build(), { most: many - 1 })
    expect(found.shortest).toHaveLength(9)
    expect(caught('PATHS_EXCEEDED', () => found.simple).facts.most).toBe(many - 1)
  })

  test('of a random chart: from the beginning, by legal flips, no phase twice, no path twice, every phase reached', () => {
    fc.assert(
      fc.property(plan, (drawn) => {
        const random = chartOf(drawn)
        const { shortest, simple } = paths(random, { most: 20_000 })
        for (const { flips } of [...shortest, ...simple]) {
          let phase = random.initial
          const seen = new Set([phase])
          for (const { flip, from, to } of flips) {
            expect(from).toBe(phase)
            expect(random.table[from]?.[flip]).toBe(to)
            phase = to
            seen.add(to)
          }
          expect(seen.size).toBe(flips.length + 1)
        }
        expect(new Set(simple.map(({ name }) => name)).size).toBe(simple.length)
        expect(new Set(shortest.map(({ phase }) => phase))).toEqual(new Set(random.phases.keys()))
        for (const { phase, flips } of simple) {
          const least = shortest.find((path) => path.phase === phase)?.flips.length ?? Number.POSITIVE_INFINITY
          expect(flips.length).toBeGreaterThanOrEqual(least)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('a walk', () => {
  test('lets the first timer of a phase do what it does, when told to', async () => {
    const path = paths(server, options).simple.find(({ name }) => name === 'serving → draining → reminded → stopped')
    const sim = simulate(server)
    await path?.walk(sim, { timers: true })
    const asked = (await sim.history()).filter((record) => record.kind === 'requested')
    expect(asked.map(({ flip, actor }) => [flip, actor?.id])).toEqual([
      ['drain', 'kim'],
      ['remind', 'system:timer'],
      ['stop', 'kim'],
    ])
  })

  test('looks whether the subject is where the chart says, at the beginning and after every flip', async () => {
    const sim = simulate(server)
    const [, draining] = paths(server, options).shortest
    await draining?.walk(sim)
    await expect(draining?.walk(sim)).rejects.toMatchObject({
      code: 'NOT_IN_PHASE',
      message: 'path "serving → draining" begins: it is in phase "draining", not in "serving"',
      facts: { subject: 'sim', asked: 'serving', phase: 'draining' },
    })
    const elsewhere = { flip: async () => undefined, phase: async () => 'serving' }
    await expect(draining?.walk(elsewhere)).rejects.toMatchObject({
      message: 'path "serving → draining", after "drain": it is in phase "serving", not in "draining"',
    })
  })

  test('fails as its flips fail', async () => {
    const [, draining] = paths(server).shortest
    await expect(draining?.walk(simulate(server))).rejects.toSatisfy((error) => isPhasegateError(error, 'UNAUTHORISED'))
  })

  test('needs what it walks on', async () => {
    const [, draining] = paths(server).shortest
    const subject = createGate(server, { clock: virtualClock() }).subject('s')
    await expect(draining?.walk(subject, { timers: true })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(draining?.walk(undefined as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

test('options that there are not are refused', () => {
  for (const odd of [{ input: {} }, { inputs: { nap: 1 } }, { most: 0 }])
    expect(caught('OPTION_INVALID', () => paths(server, odd as never)).code).toBe('OPTION_INVALID')
  expect(caught('OPTION_INVALID', () => paths({} as never)).facts.option).toBe('chart')
})

test('inputs are those of the flips', () => {
  // @ts-expect-error: the reason is a text
  paths(server, { inputs: { drain: { reason: 1 } } })
  expect(paths(server, options).shortest[0]?.phase).toBe('serving')
})
