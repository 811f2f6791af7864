import fc from 'fast-check'
import { createGate, deny } from 'phasegate'
import { fromMachine, toMachine } from 'phasegate/xstate'
import { describe, expect, test } from 'vitest'
import { assign, createMachine, setup } from 'xstate'
import { z } from 'zod'
import { virtualClock } from '../../src/testing/time/index.ts'
import { chartOf, plan } from '../chart/random.ts'
import { upgrade } from '../chart/upgrade.ts'
import { caught } from './caught.ts'

const machine = setup({
  types: {} as { events: { type: 'drain' } | { type: 'restore' } | { type: 'stop' } },
}).createMachine({
  id: 'database',
  initial: 'serving',
  states: {
    serving: { on: { drain: 'draining', stop: { target: 'stopped' } } },
    draining: { on: { restore: 'serving', stop: '#end' }, after: { 900000: 'serving' } },
    stopped: { id: 'end', type: 'final' },
  },
})

describe('a flat machine as a chart', () => {
  test('has its states as phases, its events as flips, its delays as timers', () => {
    const chart = fromMachine(machine, { version: 3 })
    expect(chart).toMatchObject({ name: 'database', version: 3, initial: 'serving' })
    expect(chart.table).toEqual({
      serving: { drain: 'draining', stop: 'stopped' },
      draining: { restore: 'serving', stop: 'stopped' },
      stopped: {},
    })
    expect(chart.flips.get('stop')?.from).toEqual(['serving', 'draining'])
    expect(chart.phases.get('draining')?.after).toEqual([{ flip: 'restore', afterMs: 900_000 }])
    expect(chart.phases.get('stopped')?.final).toBe(true)
  })

  test('does what its behaviours say', async () => {
    const chart = fromMachine(machine, {
      version: 1,
      name: 'db',
      types: {} as { deps: { lb: { cordon(why: string): Promise<number> }; peers: number } },
      operators: ['dba'],
      flips: {
        drain: (f) =>
          f
            .input(z.object({ reason: z.string() }))
            .allow('sre')
            .guard('peers', ({ deps }) => deps.peers > 1 || deny('no peer'))
            .step('cordon', { run: ({ deps, input }) => deps.lb.cordon(input.reason) })
            .step('double', { run: ({ outputs }) => outputs.cordon * 2 }),
      },
    })
    const gate = createGate(chart, { deps: { lb: { cordon: async (why) => why.length }, peers: 2 } })
    const db = gate.subject('db-7')
    const { outputs } = await db.flip('drain', { reason: 'patch' }, { actor: { id: 'kim', roles: ['sre'] } })
    expect(outputs).toEqual({ cordon: 5, double: 10 })
    expect((await db.safeFlip('restore')).error?.code).toBe('UNAUTHORISED')
    expect(chart).toMatchObject({ name: 'db', operators: ['dba'] })
  })

  test('fires its timers as any chart does', async () => {
    const clock = virtualClock()
    const gate = createGate(fromMachine(machine, { version: 1 }), { clock })
    const db = gate.subject('db-7')
    await db.flip('drain')
    await clock.advance(900_000)
    expect((await gate.recover()).fired).toMatchObject([{ flip: 'restore', error: undefined }])
    expect(await db.phase()).toBe('serving')
  })

  test('takes the name of a timer’s flip from its transition where no event, or more than one, leads there', () => {
    const booked = createMachine({
      id: 'room',
      initial: 'free',
      states: {
        free: { on: { book: 'booked' } },
        booked: {
          on: { release: 'free', cancel: 'free' },
          after: {
            1000: { target: 'free', meta: { flip: 'cancel' } },
            500: { target: 'kept', meta: { flip: 'keep' } },
          },
        },
        kept: { type: 'final' },
      },
    })
    const chart = fromMachine(booked, { version: 1 })
    expect(chart.phases.get('booked')?.after).toEqual([
      { flip: 'keep', afterMs: 500 },
      { flip: 'cancel', afterMs: 1000 },
    ])
    expect(chart.table.booked).toEqual({ release: 'free', cancel: 'free', keep: 'kept' })
  })

  test('is judged by build() as any chart is', () => {
    const trap = createMachine({ id: 'trap', initial: 'a', states: { a: {}, b: { type: 'final' } } })
    const places = caught('CHART_INVALID', () => fromMachine(trap, { version: 1 })).facts.problems.map((p) => p.place)
    expect(places).toContain('phase "a"')
  })

  test('of a chart is that chart: the same table, timers, beginning and ends', () => {
    let timed = 0
    fc.assert(
      fc.property(plan, (drawn) => {
        const chart = chartOf(drawn)
        const back = fromMachine(toMachine(chart), { version: chart.version })
        expect(back.table).toEqual(chart.table)
        expect(back.initial).toBe(chart.initial)
        expect([...back.phases]).toEqual([...chart.phases])
        timed += [...back.phases.values()].filter(({ after }) => after.length > 0).length
      }),
      { numRuns: 300 },
    )
    expect(timed).toBeGreaterThan(100)
    expect(fromMachine(toMachine(upgrade), { version: 1 }).table).toEqual(upgrade.table)
  })
})

describe('what a chart cannot say', () => {
  /** The problems of a machine with these states besides an initial `a` that leads to a final `z`. */
  function problemsOf(states: object, more: object = {}): readonly string[] {
    const odd = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: 'z' } }, z: { type: 'final' }, ...states },
      ...more,
    })
    const { facts, message } = caught('MACHINE_UNFIT', () => fromMachine(odd, { version: 1 }))
    for (const { place, problem, mend } of facts.problems) expect(message).toContain(`${place}: ${problem}; ${mend}`)
    return facts.problems.map(({ place, problem }) => `${place}: ${problem}`)
  }

  test.each([
    ['entry actions', { a: { entry: () => undefined, on: { go: 'z' } } }, 'state "a": has entry actions'],
    ['exit actions', { a: { exit: ['log'], on: { go: 'z' } } }, 'state "a": has exit actions'],
    ['an invoked actor', { a: { invoke: { src: 'x' }, on: { go: 'z' } } }, 'state "a": invokes an actor'],
    ['always', { a: { always: 'z' } }, 'state "a": leaves by itself (always)'],
    ['states inside', { a: { initial: 'i', states: { i: {} }, on: { go: 'z' } } }, 'state "a": has states inside'],
    ['a parallel state', { a: { type: 'parallel', states: { i: {} }, on: { go: 'z' } } }, 'state "a": is parallel'],
    ['a history state', { h: { type: 'history' } }, 'state "h": is a history state'],
    ['an output', { z: { type: 'final', output: 1 } }, 'state "z": has an output'],
    [
      'actions of a transition',
      { a: { on: { go: { target: 'z', actions: 'log' } } } },
      'state "a", on "go": has actions',
    ],
    ['a guard', { a: { on: { go: { target: 'z', guard: 'ok' } } } }, 'state "a", on "go": has a guard'],
    [
      'guarded alternatives',
      { a: { on: { go: [{ target: 'z', guard: 'ok' }, { target: 'a' }] } } },
      'state "a", on "go": has alternatives',
    ],
    ['an event without a target', { a: { on: { go: 'z', ping: {} } } }, 'state "a", on "ping": has no target'],
    ['a wildcard', { a: { on: { '*': 'z' } } }, 'state "a", on "*": takes any event'],
    ['events by a prefix', { a: { on: { 'go.*': 'z' } } }, 'state "a", on "go.*": takes any event'],
    [
      'a delay by name',
      { a: { on: { go: 'z' }, after: { soon: 'z' } } },
      'state "a", after soon: the delay is a name, and what it comes to is decided at run time',
    ],
    [
      'a timer that no event goes with',
      { a: { on: { go: 'b' }, after: { 9: 'z' } }, b: { on: { end: 'z' } } },
      'state "a", after 9: a timer goes by a flip, and no event leads from "a" to "z"',
    ],
    [
      'a timer that two events go with',
      { a: { on: { go: 'z', run: 'z' }, after: { 9: 'z' } } },
      'state "a", after 9: a timer goes by a flip, and "go" and "run" lead from "a" to "z"',
    ],
    [
      'an event with several targets',
      { a: { on: { go: 'b' } }, b: { on: { go: 'z' } } },
      'event "go": leads from "a" to "b", from "b" to "z"; a flip leads to one phase',
    ],
    [
      'a self-transition that leaves the timers running',
      { a: { on: { go: 'z', again: 'a' }, after: { 9: 'z' } } },
      'state "a", on "again": stays without starting the timers anew',
    ],
    ['a name that is none', { a: { on: { 'go/on': 'z' } } }, 'event "go/on": is no name that a chart takes'],
    ['a state whose name is none', { ä: { on: { go: 'z' } } }, 'state "ä": is no name that a chart takes'],
  ])('%s is refused by place, with the mend', (_, states, problem) => {
    expect(problemsOf(states)).toContain(problem)
  })

  test.each([
    ['a context', { context: { n: 1 } }, 'has a context'],
    ['events in every state', { on: { reset: '.a' } }, 'takes events in every state'],
    ['timers over all states', { after: { 9: '.a' } }, 'has timers over all states'],
    ['actions at the start', { initial: { target: 'a', actions: 'log' } }, 'begins with actions'],
    ['entry actions of the machine', { entry: assign({}) }, 'has entry actions'],
    ['an output of the machine', { output: { n: 1 } }, 'has an output'],
  ])('%s is refused', (_, more, problem) => {
    expect(problemsOf({}, more)).toEqual([`machine "m": ${problem}`])
  })

  test('a parallel machine, or one of no states, is no chart', () => {
    const parallel = createMachine({ id: 'p', type: 'parallel', states: { a: {}, b: {} } })
    const none = createMachine({ id: 'n' })
    const only = (machine: typeof none): string | undefined =>
      caught('MACHINE_UNFIT', () => fromMachine(machine, { version: 1 })).facts.problems[0]?.problem
    expect(only(parallel as never)).toBe('is parallel: it is in several states at once')
    expect(only(none)).toBe('has no states')
  })

  test('all of it is told at once', () => {
    const found = problemsOf({
      a: { entry: 'x', exit: 'y', on: { go: { target: 'z', guard: 'g', actions: 'h' }, '*': 'z' } },
    })
    expect(found).toEqual([
      'state "a": has entry actions',
      'state "a": has exit actions',
      'state "a", on "go": has a guard',
      'state "a", on "go": has actions',
      'state "a", on "*": takes any event',
    ])
  })

  test('behaviour for an event that there is not, and options that there are not, are refused', () => {
    const strange = { version: 1, flips: { nap: (f: unknown) => f } } as never
    expect(caught('MACHINE_UNFIT', () => fromMachine(machine, strange)).facts.problems).toEqual([
      {
        place: 'behaviours.flips, "nap"',
        problem: 'the machine has no such event',
        mend: 'use one of "drain", "stop", "restore"',
      },
    ])
    for (const odd of [
      { version: 1, flip: {} },
      { version: 1, flips: { drain: 1 } },
      { version: 1, operators: 'x' },
      {},
    ])
      expect(caught('OPTION_INVALID', () => fromMachine(machine, odd as never)).code).toBe('OPTION_INVALID')
    expect(caught('OPTION_INVALID', () => fromMachine({} as never, { version: 1 })).facts.option).toBe('machine')
  })
})
