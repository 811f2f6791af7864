import { chart } from 'phasegate'
import { toMachine } from 'phasegate/xstate'
import { expect, test } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { upgrade } from '../chart/upgrade.ts'
import { caught } from './caught.ts'

test('a chart walks as a machine: flips are events, timers are delays, a final phase is its end', () => {
  const clock = new SimulatedClock()
  const actor = createActor(toMachine(upgrade), { clock }).start()
  actor.send({ type: 'drain' })
  clock.increment(15 * 60_000)
  expect(actor.getSnapshot().value).toBe('serving')
  actor.send({ type: 'stop' })
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' })
})

test('its states and transitions tell what a reader wants to see, as text and as data', () => {
  const { states, version } = toMachine(upgrade).config
  expect(version).toBe('1')
  expect(states).toMatchObject({
    serving: {
      tags: ['initial'],
      meta: { phase: 'serving', initial: true, final: false, timers: [] },
      on: {
        drain: {
          target: 'draining',
          description: [
            'only sre, deployer',
            'takes input',
            'guard: peers-healthy',
            'step: cordon (with undo)',
            'step: count (at most once)',
            'confirm: no open connections, within 30s',
            'exclusive: db-maintenance',
            'cancels the flip in progress',
          ].join('\n'),
          meta: {
            flip: 'drain',
            input: true,
            roles: ['sre', 'deployer'],
            guards: [{ name: 'peers-healthy', policy: false }],
            steps: [
              { name: 'cordon', undone: true, irreversible: false, once: false, transaction: false },
              { name: 'count', undone: false, irreversible: false, once: true, transaction: false },
            ],
            confirms: [{ name: 'no open connections', withinMs: 30_000 }],
            exclusive: ['db-maintenance'],
            preempt: true,
          },
        },
      },
    },
    draining: {
      description: 'after 15m: restore',
      after: { 900000: { target: 'serving', meta: { flip: 'restore', afterMs: 900_000 } } },
    },
    stopped: { type: 'final', tags: ['final'] },
  })
})

test('it needs no implementation: nothing of it is a function', () => {
  const functions: string[] = []
  JSON.stringify(toMachine(upgrade).config, (key, value: unknown) => {
    if (typeof value === 'function') functions.push(key)
    return value
  })
  expect(functions).toEqual([])
})

test('the graph tools of XState take it', () => {
  const reached = getShortestPaths(toMachine(upgrade)).map(({ state }) => state.value)
  expect(new Set(reached)).toEqual(new Set(['serving', 'draining', 'stopped']))
})

test('names with dots are names, not paths', () => {
  const dotted = chart('a.b', { version: 1 })
    .phase('s.one', { initial: true, after: { '1m': 'go.on' } })
    .phase('one', { final: true })
    .phase('s.one.two', { final: true })
    .flip('go.on', (f) => f.from('s.one').to('s.one.two'))
    .flip('go', (f) => f.from('s.one').to('one'))
    .build()
  const clock = new SimulatedClock()
  const actor = createActor(toMachine(dotted), { clock }).start()
  clock.increment(60_000)
  expect(actor.getSnapshot().value).toBe('s.one.two')
  const other = createActor(toMachine(dotted), { clock: new SimulatedClock() }).start()
  other.send({ type: 'go' })
  expect(other.getSnapshot().value).toBe('one')
})

test('what is no chart is refused', () => {
  expect(caught('OPTION_INVALID', () => toMachine({} as never)).facts.option).toBe('chart')
})
