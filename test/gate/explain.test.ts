import { chart, createGate, deny, type Explanation } from 'phasegate'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { kinds, signal, stage } from './stage.ts'

const ship = chart('ship', { version: 1 })
  .deps<{ tide: boolean; crew: number; sail: () => unknown }>()
  .phase('moored', { initial: true })
  .phase('sailing')
  .phase('wrecked', { final: true })
  .flip('sail', (f) =>
    f
      .from('moored')
      .to('sailing')
      .input(z.object({ port: z.string() }))
      .allow('captain')
      .guard('tide', ({ deps }) => deps.tide || deny('low tide'))
      .guard('crew', ({ deps }) => deps.crew > 3)
      .step('cast off', { run: ({ deps }) => deps.sail() })
      .confirm('under way', () => true),
  )
  .flip('moor', (f) => f.from('sailing').to('moored').allowAnyone())
  .flip('wreck', (f) => f.from('sailing', 'moored').to('wrecked').allowAnyone())
  .build()

const actor = { id: 'ahab', roles: ['captain'] }
const port = { port: 'Nantucket' }

function open(deps: Partial<{ tide: boolean; crew: number; sail: () => unknown }> = {}) {
  const shared = stage()
  const gate = createGate(ship, { ...shared, deps: { tide: true, crew: 9, sail: () => undefined, ...deps } })
  return { ...shared, ship: gate.subject('pequod') }
}

test('it says what would be done, and does and writes nothing', async () => {
  const { ship } = open({ sail: () => expect.fail('it sailed') })
  expect(await ship.explain('sail', port, { actor })).toEqual({
    flip: 'sail',
    verdict: 'would go',
    reason: 'from "moored" to "sailing"',
    phase: 'moored',
    to: 'sailing',
    allowed: ['sail', 'wreck'],
    guards: [
      { guard: 'tide', refusal: undefined },
      { guard: 'crew', refusal: undefined },
    ],
    passed: [],
    steps: ['cast off'],
    confirms: ['under way'],
  } satisfies Explanation)
  expect(await kinds(ship)).toEqual([])
})

test('it asks every guard, not only up to the first no', async () => {
  const { ship } = open({ tide: false, crew: 1 })
  expect(await ship.explain('sail', port, { actor })).toMatchObject({
    verdict: 'refused',
    reason: 'guard "tide": low tide',
    guards: [
      { guard: 'tide', refusal: 'low tide' },
      { guard: 'crew', refusal: 'it answered false, not true' },
    ],
  })
  expect(await kinds(ship)).toEqual([])
})

test('it says when somebody may not, or asks with bad input, or from the wrong phase', async () => {
  const { ship } = open()
  expect(await ship.explain('sail', port)).toMatchObject({
    verdict: 'unauthorised',
    reason: expect.stringContaining('captain'),
  })
  expect(await ship.explain('sail', {} as never, { actor })).toMatchObject({
    verdict: 'bad input',
    reason: expect.stringContaining('port'),
  })
  expect(await ship.explain('moor')).toMatchObject({
    verdict: 'illegal',
    reason: expect.stringContaining('allowed: sail, wreck'),
  })
})

test('it says what a key would do', async () => {
  const done = signal()
  const { ship, clock } = open({ sail: () => done.promise })
  const sailing = ship.flip('sail', port, { actor, key: 'k' })
  await clock.advance(0)
  const { flip } = await ship.state()
  const ask = (input: { port: string }, key: string) => ship.explain('sail', input, { actor, key })
  expect(await ask(port, 'k')).toMatchObject({ verdict: 'would join', reason: expect.stringContaining(flip?.id ?? '') })
  expect(await ask({ port: 'Hull' }, 'k')).toMatchObject({ verdict: 'key mismatch' })
  expect(await ask(port, 'other')).toMatchObject({ verdict: 'busy', reason: expect.stringContaining('is in progress') })
  done.resolve()
  await sailing
  expect(await ask(port, 'k')).toMatchObject({
    verdict: 'would replay',
    reason: expect.stringContaining(flip?.id ?? ''),
  })
})

test('a flip it does not know is an error, not an explanation', async () => {
  const { ship } = open()
  const facts = { flip: 'dive', known: ['sail', 'moor', 'wreck'] }
  await expect(ship.explain('dive' as never)).rejects.toMatchObject({ code: 'FLIP_UNKNOWN', facts })
})

test('a subject of an older version is explained as it would be moved, and is not moved', async () => {
  const { journal, ship } = open()
  await ship.flip('sail', port, { actor })
  const newer = chart('ship', { version: 2, migrate: { 1: { sailing: 'at sea' } } })
    .phase('moored', { initial: true })
    .phase('at sea')
    .flip('sail', (f) => f.from('moored').to('at sea'))
    .flip('moor', (f) => f.from('at sea').to('moored'))
    .build()
  const before = await kinds(ship)
  const moved = createGate(newer, { journal }).subject('pequod')
  expect(await moved.explain('moor')).toMatchObject({ verdict: 'would go', phase: 'at sea', to: 'moored' })
  expect(await kinds(ship)).toEqual(before)
})
