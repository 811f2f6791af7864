import { describe, expect, test } from 'vitest'
import {
  always,
  alwaysPossible,
  eventually,
  explore,
  type Model,
  never,
  type Property,
  sometimes,
} from '../../../src/testing/explore/index.ts'
import { parseLimits } from '../../../src/testing/explore/parse.ts'
import { path } from './models/graph.ts'
import { canEnd, consistent, sortManagers, twoPhase } from './models/two-phase.ts'

/** Counts from 0 to 6 or 7 in steps of 1 or 2. */
const counter: Model<number, number> = {
  init: [0],
  actions: (n) => (n >= 6 ? [] : [1, 2]),
  next: (n, by) => n + by,
  describe: (by) => ({ actor: undefined, action: `+${by}` }),
}
const endless: Model<number, string> = { init: [0], actions: () => ['+'], next: (n) => n + 1 }

const odd = <Action>(): Property<number, Action> => eventually('odd', (n) => n % 2 === 1)

describe('known answers', () => {
  test.each([
    { count: 3, states: 288, transitions: 1145, sorted: 80 },
    { count: 5, states: 8832, transitions: 58_145, sorted: 314 },
  ])('two-phase commit of $count resource managers has $states states, and is consistent', ({ count, ...known }) => {
    const { states, transitions, verdict } = explore(twoPhase(count), [consistent, canEnd])
    expect({ states, transitions, verdict }).toEqual({
      states: known.states,
      transitions: known.transitions,
      verdict: 'holds',
    })
    const sorted = explore({ ...twoPhase(count), representative: sortManagers }, [consistent, canEnd])
    expect({ states: sorted.states, verdict: sorted.verdict }).toEqual({ states: known.sorted, verdict: 'holds' })
  })

  test('0 → 2 → 4 → 2 never comes to an odd number, and goes round', () => {
    const [finding] = explore(path(0, 2, 4, 2), [odd()]).properties
    expect(finding).toMatchObject({ verdict: 'violated', counterexample: { start: 0, loop: 1 } })
    expect(finding?.counterexample?.steps.map(({ state }) => state)).toEqual([2, 4, 2])
  })

  test('1 → 2 → 4 → 2 has come to an odd number as it begins', () => {
    expect(explore(path(1, 2, 4, 2), [odd()]).verdict).toBe('holds')
  })

  test('an end without it is a counterexample, one after it is none', () => {
    const [finding] = explore(path(0, 2, 4), [odd()]).properties
    expect(finding?.counterexample).toMatchObject({ steps: [{ state: 2 }, { state: 4 }], loop: undefined })
    expect(explore(path(0, 2, 3), [odd()]).verdict).toBe('holds')
    expect(explore(path(0), [odd()]).verdict).toBe('violated')
  })

  test('two ways to the same place are no circle', () => {
    const edges = [[1, 2], [3], [1], []]
    const diamond: Model<number, number> = { init: [0], actions: (n) => edges[n] ?? [], next: (_, to) => to }
    expect(explore(diamond, [eventually('3', (n) => n === 3)]).verdict).toBe('holds')
  })

  test('a way round that passes it is none, one beside it is', () => {
    expect(explore(path(0, 1, 0), [odd()]).verdict).toBe('holds')
    expect(explore(path(0, 1, 0, 2, 0), [odd()]).verdict).toBe('violated')
  })
})

describe('exploring', () => {
  test('meets every state once', () => {
    expect(explore(counter, [])).toEqual({
      verdict: 'holds',
      states: 8,
      transitions: 12,
      depth: 4,
      bound: undefined,
      properties: [],
    })
  })

  test('begins at several states, and a trace at its own', () => {
    const [finding] = explore({ ...counter, init: [0, 5] }, [never('7', (n) => n === 7)]).properties
    expect(finding?.counterexample).toMatchObject({ start: 5, steps: [{ action: '+2', state: 7 }] })
  })

  test('gives the shortest way to a violation', () => {
    const [finding] = explore(counter, [always('is below 5', (n) => n < 5)]).properties
    expect(finding?.counterexample?.steps.map(({ action }) => action)).toEqual(['+1', '+2', '+2'])
  })

  test('asks always and never for every action, also for one into a state that is known already', () => {
    const asked: string[] = []
    const by1 = always<number, number>('by 1', (n, before, by) => {
      asked.push(`${before} +${by} ${n}`)
      return n - before < 2
    })
    const { verdict, properties } = explore(counter, [by1])
    expect(asked).toEqual(['0 +undefined 0', '0 +1 1', '0 +2 2'])
    expect(verdict).toBe('violated')
    expect(properties[0]?.counterexample?.steps).toEqual([{ actor: undefined, action: '+2', state: 2 }])
    const known = explore(path(0, 1, 2, 1), [never('back', (n, before) => n < before)])
    expect(known.properties[0]?.counterexample?.steps.map(({ state }) => state)).toEqual([1, 2, 1])
  })

  test('asks of the state to begin with', () => {
    const [finding] = explore(counter, [never('zero', (n) => n === 0)]).properties
    expect(finding?.counterexample).toEqual({ start: 0, steps: [], loop: undefined })
  })

  test('gives a verdict for each property, and a violation does not end the others', () => {
    const { verdict, properties, states } = explore(counter, [
      always('is below 5', (n) => n < 5),
      sometimes('is 7', (n) => n === 7),
      always('is below 8', (n) => n < 8),
    ])
    expect({ verdict, states }).toEqual({ verdict: 'violated', states: 8 })
    expect(properties.map((each) => each.verdict)).toEqual(['violated', 'holds', 'holds'])
    expect(properties[1]?.witness?.steps).toHaveLength(4)
  })

  test('ends where there is nothing left to find out, or at the first violation if that is wanted', () => {
    const isBelow = (limit: number): Property<number, string> => always(`is below ${limit}`, (n) => n < limit)
    expect(explore(endless, [isBelow(3), isBelow(9)])).toMatchObject({ states: 10, bound: 'violation' })
    const first = explore(endless, [isBelow(9), isBelow(3)], { until: 'violated' })
    expect(first).toMatchObject({ verdict: 'violated', bound: 'violation', states: 4 })
    expect(first.properties.map(({ verdict }) => verdict)).toEqual(['holds-within-bounds', 'violated'])
  })

  test('finds what runs in circles and can never reach the goal', () => {
    const circling = path(0, 9, 0, 1, 2, 1)
    const [finding] = explore(circling, [alwaysPossible('comes home', (n) => n === 9)]).properties
    expect(finding?.counterexample?.steps.map(({ state }) => state)).toEqual([1])
  })

  test('finds an end without the goal as soon as it is met', () => {
    const onlyOdd = alwaysPossible<number, number>('ends at 7', (n) => n === 7)
    expect(explore(counter, [onlyOdd]).properties[0]?.counterexample?.steps.at(-1)?.state).toBe(6)
    const astray: Model<number, number> = {
      init: [0],
      actions: (n) => (n === 0 ? [1, -1] : n < 0 ? [] : [1]),
      next: (n, by) => n + by,
    }
    expect(explore(astray, [alwaysPossible('is 5', (n) => n === 5)], { until: 'violated' }).verdict).toBe('violated')
  })
})

describe('fairness', () => {
  type Act = { readonly actor: string; readonly name: string; readonly to?: string }
  /** One waits for ever beside the other, whose work is always possible. */
  const worker = (isDone: boolean): readonly Act[] => [
    { actor: 'clock', name: 'ticks' },
    ...(isDone ? [] : [{ actor: 'worker', name: 'works', to: 'clock' }]),
  ]
  const model: Model<boolean, Act> = {
    init: [false],
    actions: worker,
    next: (done, { name }) => done || name === 'works',
  }
  const isDone = (done: boolean): boolean => done

  test('an actor who can act without end does', () => {
    expect(explore(model, [eventually('the work is done', isDone)]).verdict).toBe('holds')
  })

  test('unless nobody owes it: the counterexample goes round without it', () => {
    const fair = ({ actor }: Act): string | undefined => (actor === 'worker' ? undefined : actor)
    const [finding] = explore(model, [eventually('the work is done', isDone, { fair })]).properties
    expect(finding?.counterexample).toEqual({
      start: false,
      steps: [{ actor: 'clock', action: 'ticks', state: false }],
      loop: 0,
    })
  })

  test('where nothing is owed a run may rest', () => {
    const [finding] = explore(model, [eventually('the work is done', isDone, { fair: () => undefined })]).properties
    expect(finding?.counterexample).toEqual({ start: false, steps: [], loop: undefined })
  })

  test('who can act only now and then is owed nothing', () => {
    const blinking: Model<number, Act> = {
      init: [0],
      actions: (n) => [{ actor: 'clock', name: 'ticks' }, ...(n === 0 ? [{ actor: 'worker', name: 'works' }] : [])],
      next: (n, { name }) => (name === 'works' ? 2 : n === 2 ? 2 : 1 - n),
    }
    const [finding] = explore(blinking, [eventually('the work is done', (n) => n === 2)]).properties
    expect(finding?.counterexample).toMatchObject({ steps: [{ state: 1 }, { state: 0 }], loop: 0 })
  })

  test('each property has its own fairness', () => {
    const verdicts = explore(model, [
      eventually('the work is done', isDone, { fair: () => undefined }),
      eventually('the work is done', isDone),
      eventually('the work is done', isDone, { fair: ({ name }) => name }),
    ]).properties.map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['violated', 'holds', 'holds'])
  })

  test('a representative is refused: a circle of representatives is no circle', () => {
    expect(() => explore({ ...model, representative: (done) => done }, [eventually('done', isDone)])).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('eventually("done")') }),
    )
  })
})

describe('a bound that was hit is never "holds"', () => {
  const all: readonly Property<number, string>[] = [
    always('counts', (n) => n >= 0),
    never('counts down', (n, before) => n < before),
    sometimes('is 50', (n) => n === 50),
    sometimes('is 500', (n) => n === 500),
    alwaysPossible('is 501', (n) => n === 501),
    eventually('is 502', (n) => n === 502),
  ]
  const verdicts = ['holds-within-bounds', 'holds-within-bounds', 'holds', 'incomplete', 'incomplete', 'incomplete']

  test.each([
    { bound: 'states', limits: { states: 100 }, states: 100 },
    { bound: 'depth', limits: { depth: 99 }, states: 100 },
  ])('$bound', ({ bound, limits, states }) => {
    const report = explore(endless, all, limits)
    expect(report).toMatchObject({ verdict: 'incomplete', bound, states })
    expect(report.properties.map(({ verdict }) => verdict)).toEqual(verdicts)
    expect(explore(endless, all.slice(0, 3), limits).verdict).toBe('holds-within-bounds')
    expect(explore(endless, [], limits).verdict).toBe('holds-within-bounds')
  })

  test('within', () => {
    expect(explore(endless, all.slice(0, 2), { within: '20ms', states: 2 ** 30 })).toMatchObject({
      verdict: 'holds-within-bounds',
      bound: 'within',
    })
  })

  test('by default a million states, as deep and for as long as it takes', () => {
    const endlessly = Number.POSITIVE_INFINITY
    expect(parseLimits(undefined)).toEqual({
      states: 1_000_000,
      depth: endlessly,
      withinMs: endlessly,
      until: 'decided',
    })
  })

  test('a bound that is just wide enough is not hit', () => {
    expect(explore(counter, [], { states: 8, depth: 4 })).toMatchObject({ verdict: 'holds', bound: undefined })
    expect(explore(counter, [], { states: 7 })).toMatchObject({ bound: 'states', states: 7 })
    expect(explore(counter, [], { depth: 3 })).toMatchObject({ bound: 'depth', depth: 3 })
  })

  test('what was seen before it is violated all the same', () => {
    const trap = path(0, 1, 0, 2, 3, 2, 0)
    expect(
      explore(
        { ...trap, actions: (n) => (n === 2 ? [3] : n === 3 ? [2] : [1, 2, n + 4]) },
        [alwaysPossible('back', (n) => n === 0)],
        { states: 20 },
      ),
    ).toMatchObject({ verdict: 'violated', bound: 'states' })
  })
})

describe('what it refuses', () => {
  const refusing = (explored: () => unknown): unknown => {
    try {
      return explored()
    } catch (error) {
      const { code, facts } = error as { code: string; facts: Record<string, unknown> }
      return [code, facts.option ?? facts.problem ?? facts.path]
    }
  }

  test('models, properties and limits that are none, by name', () => {
    const bad = (model: object): unknown => refusing(() => explore(model as typeof counter, []))
    expect(bad({ ...counter, init: [] })).toEqual(['OPTION_INVALID', 'init of the model'])
    expect(bad({ ...counter, init: 0 })).toEqual(['OPTION_INVALID', 'init of the model'])
    expect(bad({ ...counter, next: 1 })).toEqual(['OPTION_INVALID', 'next of the model'])
    expect(bad({ ...counter, actoins: 1 })).toEqual(['OPTION_INVALID', 'the model.actoins'])
    const property = { kind: 'often' } as unknown as Property<number, number>
    expect(refusing(() => explore(counter, [property]))).toEqual(['OPTION_INVALID', 'properties[0]'])
    expect(refusing(() => always('', () => true))).toEqual(['OPTION_INVALID', 'the name of always'])
    expect(refusing(() => eventually('x', () => true, { fair: 1 as never }))).toEqual([
      'OPTION_INVALID',
      'eventually, options.fair',
    ])
    expect(refusing(() => explore(counter, [], { states: 0 }))).toEqual(['OPTION_INVALID', 'limits.states'])
    expect(refusing(() => explore(counter, [], { depth: 1.5 }))).toEqual(['OPTION_INVALID', 'limits.depth'])
    expect(refusing(() => explore(counter, [], { within: 'soon' as never }))).toEqual([
      'OPTION_INVALID',
      'limits.within',
    ])
    expect(refusing(() => explore(counter, [], { state: 5 } as object))).toEqual(['OPTION_INVALID', 'limits.state'])
    expect(refusing(() => explore(counter, [], { until: 'soon' as never }))).toEqual(['OPTION_INVALID', 'limits.until'])
  })

  test('a model that changes its states', () => {
    const changing: Model<{ n: number }, number> = {
      init: [{ n: 0 }],
      actions: ({ n }) => (n < 3 ? [1] : []),
      next: (state, by) => {
        state.n += by
        return state
      },
    }
    expect(refusing(() => explore(changing, []))).toEqual(['MODEL_IMPURE', expect.stringContaining('was changed')])
  })

  test('a model that does not run the same way twice', () => {
    let calls = 0
    const moody: Model<number, number> = {
      init: [0],
      actions: (n) => (n < 5 ? [1] : []),
      next: (n) => n + (++calls > 3 ? 2 : 1),
    }
    expect(refusing(() => explore(moody, []))).toEqual(['MODEL_IMPURE', 'it led to another state before'])
    let asked = 0
    const fickle: Model<number, number> = {
      init: [0],
      actions: (n) => (n < 5 && ++asked < 6 ? [1] : []),
      next: (n) => n + 1,
    }
    expect(refusing(() => explore(fickle, []))).toEqual([
      'MODEL_IMPURE',
      'an action that was possible is not possible any more',
    ])
  })

  test('a key that is none', () => {
    expect(refusing(() => explore({ ...counter, key: () => ({}) as never }, []))).toEqual([
      'STATE_UNKEYED',
      'key(state)',
    ])
  })
})

test('symmetry counts equals once, and a counterexample is a real run', () => {
  const tokens: Model<readonly number[], number> = {
    init: [[0, 0]],
    actions: () => [0, 1],
    next: (state, index) => state.map((count, place) => (place === index ? Math.min(count + 1, 3) : count)),
    representative: (state) => state.toSorted(),
  }
  const { states, properties } = explore(tokens, [never('both are done', ([one, other]) => one === 3 && other === 3)])
  expect(states).toBe(10)
  const run = properties[0]?.counterexample
  let at: readonly number[] = run?.start ?? []
  for (const { action, state } of run?.steps ?? []) {
    expect(state).toEqual(tokens.next(at, Number(action)))
    at = state
  }
  expect(at).toEqual([3, 3])
})
