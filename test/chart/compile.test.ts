import { describe, expect, it } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { toMachine } from '../../src/chart/compile.ts'
import { type UntypedFlip, untyped } from './untyped.ts'
import { upgrade } from './upgrade.ts'

describe('the table', () => {
  it('says where each legal flip leads, and nothing else', () => {
    expect(upgrade.table).toEqual({
      serving: { drain: 'draining', stop: 'stopped' },
      draining: { restore: 'serving', stop: 'stopped' },
      stopped: {},
    })
  })

  it('knows nothing that was not declared', () => {
    expect(Object.getPrototypeOf(upgrade.table)).toBeNull()
    expect(upgrade.table.toString).toBeUndefined()
    expect(upgrade.table.serving?.constructor).toBeUndefined()
  })
})

describe('the machine', () => {
  it('runs the chart: flips are events, and a final phase is its end', () => {
    const actor = createActor(toMachine(upgrade), { clock: new SimulatedClock() }).start()
    actor.send({ type: 'restore' })
    expect(actor.getSnapshot().value).toBe('serving')
    actor.send({ type: 'drain' })
    expect(actor.getSnapshot().value).toBe('draining')
    actor.send({ type: 'stop' })
    expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' })
  })

  it('goes by itself when a timer of its phase falls due', () => {
    const clock = new SimulatedClock()
    const actor = createActor(toMachine(upgrade), { clock }).start()
    actor.send({ type: 'drain' })
    clock.increment(899_999)
    expect(actor.getSnapshot().value).toBe('draining')
    clock.increment(1)
    expect(actor.getSnapshot().value).toBe('serving')
  })

  it('takes a name with dots for a name, not for a path', () => {
    const chart = untyped('a.b', { version: 1 })
      .phase('a.b', { initial: true })
      .phase('b')
      .phase('a.b.c', { final: true })
      .flip('b.c', (f: UntypedFlip) => f.from('a.b').to('b'))
      .flip('a.b', (f: UntypedFlip) => f.from('b').to('a.b.c'))
      .build()
    expect(chart.table).toEqual({ 'a.b': { 'b.c': 'b' }, b: { 'a.b': 'a.b.c' }, 'a.b.c': {} })
  })
})
