import { createGate } from 'phasegate'
import { fromMachine, phaseActor, toMachine } from 'phasegate/xstate'
import { expectTypeOf, test } from 'vitest'
import { createActor, createMachine, type EventFrom, type OutputFrom, type SnapshotFrom, setup } from 'xstate'
import { upgrade } from '../chart/upgrade.ts'

test('the machine of a chart takes its flips as events, and is in one of its phases', () => {
  const machine = toMachine(upgrade)
  expectTypeOf<EventFrom<typeof machine>['type']>().toEqualTypeOf<'drain' | 'restore' | 'stop'>()
  expectTypeOf<SnapshotFrom<typeof machine>['value']>().toEqualTypeOf<'serving' | 'draining' | 'stopped'>()
  const actor = createActor(machine)
  // @ts-expect-error: no such flip
  actor.send({ type: 'nap' })
})

test('a machine whose states and events are typed becomes a chart of those names', () => {
  const machine = setup({ types: {} as { events: { type: 'go' } | { type: 'end' } } }).createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { on: { end: 'z' } }, z: { type: 'final' } },
  })
  const chart = fromMachine(machine, {
    version: 1,
    name: 'mine',
    types: {} as { deps: { db: { size(): number } } },
    flips: { go: (f) => f.step('size', { run: ({ deps, to }) => ({ [to]: deps.db.size() }) }) },
  })
  expectTypeOf(chart.name).toEqualTypeOf<'mine'>()
  expectTypeOf(chart.initial).toEqualTypeOf<'a' | 'b' | 'z'>()
  const subject = createGate(chart, { deps: { db: { size: () => 1 } } }).subject('s')
  expectTypeOf(subject.flip<'go'>)
    .returns.resolves.toHaveProperty('outputs')
    .toEqualTypeOf<{
      readonly size: { [x: string]: number }
    }>()
  // @ts-expect-error: deps are asked for
  createGate(chart)
  // @ts-expect-error: no such flip
  void subject.flip('nap')
  // @ts-expect-error: no such event
  fromMachine(machine, { version: 1, flips: { nap: (f) => f } })
  // @ts-expect-error: no such dependency
  fromMachine(machine, { version: 1, flips: { go: (f) => f.step('x', { run: ({ deps }) => deps.nothing }) } })
})

test('a machine without types becomes a chart of any names', () => {
  const machine = createMachine({ id: 'm', initial: 'a', states: { a: { on: { go: 'b' } }, b: { type: 'final' } } })
  const chart = fromMachine(machine, { version: 1, flips: { go: (f) => f.step('one', { run: () => 1 }) } })
  expectTypeOf(chart.initial).toEqualTypeOf<string>()
  void createGate(chart).subject('s').flip('go')
})

test('an actor of a gate takes its flips with their inputs, and gives their results', () => {
  const gate = createGate(upgrade, { deps: {} as never })
  const actor = phaseActor(gate, 'db-7')
  expectTypeOf<OutputFrom<typeof actor>['to']>().toEqualTypeOf<'draining' | 'serving' | 'stopped'>()
  createActor(actor, { input: { flip: 'drain', input: { reason: 'patch' }, options: { key: 'k' } } })
  createActor(actor, { input: { flip: 'restore' } })
  // @ts-expect-error: the flip takes an input
  createActor(actor, { input: { flip: 'drain' } })
  // @ts-expect-error: no such flip
  createActor(actor, { input: { flip: 'nap' } })
})
