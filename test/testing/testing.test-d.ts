import fc from 'fast-check'
import { chart, type FlipResult } from 'phasegate'
import { crashEverywhere, type Ledger, simulate } from 'phasegate/testing'
import { flips } from 'phasegate/testing/fast-check'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const plain = chart('plain', { version: 1 })
  .phase('on', { initial: true })
  .phase('off', { final: true })
  .flip('stop', (f) => f.from('on').to('off'))
  .build()

const order = chart('order', { version: 1 })
  .deps<{ charge: (cents: number) => Promise<string> }>()
  .phase('open', { initial: true })
  .phase('paid', { final: true })
  .flip('pay', (f) =>
    f
      .from('open')
      .to('paid')
      .input(z.object({ cents: z.number() }))
      .step('charge', { run: ({ deps, input }) => deps.charge(input.cents) }),
  )
  .build()

const fakes = () => ({ charges: [] as number[], charge: async (cents: number) => String(cents) })

test('a simulation has the types of its chart, and of its fakes', () => {
  const sim = simulate(order, { deps: fakes })
  expectTypeOf(sim.deps.charges).toEqualTypeOf<number[]>()
  expectTypeOf(sim.phase()).resolves.toEqualTypeOf<'open' | 'paid'>()
  expectTypeOf(sim.flip('pay', { cents: 1 })).resolves.toEqualTypeOf<
    FlipResult<'open', 'paid', { readonly charge: string }>
  >()
  expectTypeOf(sim.ledger).toEqualTypeOf<Ledger>()
  // @ts-expect-error a flip that there is not
  void sim.flip('play', { cents: 1 })
  // @ts-expect-error an input that does not fit
  void sim.flip('pay', { euros: 1 })
})

test('dependencies are asked for where the chart declares some', () => {
  simulate(plain)
  simulate(order, { deps: { charge: async () => '' } })
  // @ts-expect-error they are missing
  simulate(order)
  // @ts-expect-error they do not fit
  simulate(order, { deps: { charge: async () => 1 } })
  // @ts-expect-error there are none
  simulate(plain, { deps: {} })
})

test('a proof knows the flips, the phases and the fakes', () => {
  void crashEverywhere(plain, 'stop')
  void crashEverywhere(order, 'pay', {
    deps: fakes,
    observe: ({ charges }) => charges,
    invariants: { 'it is paid': ({ deps, phase }) => phase !== 'paid' || deps.charges.length === 1 },
    requests: { pay: { input: { cents: 1 } } },
    from: 'open',
  })
  // @ts-expect-error a flip that there is not
  void crashEverywhere(order, 'play', { deps: fakes })
  // @ts-expect-error fakes are made anew for each run
  void crashEverywhere(order, 'pay', { deps: fakes() })
  // @ts-expect-error a phase that there is not
  void crashEverywhere(order, 'pay', { deps: fakes, from: 'closed' })
  // @ts-expect-error a request of no flip
  void crashEverywhere(order, 'pay', { deps: fakes, requests: { play: {} } })
})

test('random histories ask for arbitraries of what flips take', () => {
  flips(plain)
  flips(order, {
    deps: fakes,
    inputs: { pay: fc.record({ cents: fc.nat() }) },
    invariants: { 'it is paid once': ({ deps }) => deps.charges.length < 2 },
  })
  // @ts-expect-error nobody can draw what pay takes
  flips(order, { deps: fakes })
})
