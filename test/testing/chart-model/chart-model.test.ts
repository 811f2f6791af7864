import { chart } from 'phasegate'
import { describe, expect, test } from 'vitest'
import {
  always,
  alwaysPossible,
  type ChartModelOptions,
  type ChartState,
  chartModel,
  eventually,
  explore,
  never,
  prove,
  type Report,
  sometimes,
} from '../../../src/testing/index.ts'
import { canaryChart } from '../charts/canary.ts'
import { replicaChart } from '../charts/replica.ts'

const nothing = (): undefined => undefined
const undoable = { run: nothing, compensate: nothing }

const upgrade = chart('upgrade', { version: 1 })
  .phase('serving', { initial: true })
  .phase('drained', { after: { '15m': 'restore' } })
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('drained')
      .guard('peers', () => true)
      .step('cordon', undoable)
      .step('evict', undoable)
      .confirm('idle', () => true),
  )
  .flip('restore', (f) => f.from('drained').to('serving').step('uncordon', undoable))
  .flip('stop', (f) => f.from('drained').to('stopped').step('halt', { run: nothing, irreversible: true }))
  .build()

const NO_TROUBLE = { crashes: 0, failures: 0, cancels: 0 } as const

/** Who did what on the way to what was found. */
function storyOf(report: Report<unknown>): readonly string[] {
  const [finding] = report.properties
  const steps = finding?.counterexample?.steps ?? finding?.witness?.steps ?? []
  return steps.map(({ actor, action }) => `${actor} ${action}`)
}

/** The shortest way to such a state. */
function wayTo(
  is: (state: ChartState<unknown>) => boolean,
  options: ChartModelOptions<undefined> = {},
): readonly string[] {
  return storyOf(explore(chartModel(upgrade, options), [sometimes('is', is)]))
}

describe('a chart is explored', () => {
  test('in one line: it can always be stopped, and holds what it holds of all that can happen', () => {
    const { verdict, states } = prove(chartModel(upgrade), [
      alwaysPossible('can be stopped', (s) => s.phase === 'stopped'),
      never('left behind', (s) => s.flip === undefined && s.effects.length > 0),
      always('only a final phase has no flips', (s) => s.phase !== 'stopped' || s.flip === undefined),
    ])
    expect(verdict).toBe('holds')
    expect(states).toBeGreaterThan(100)
  })

  test('without trouble a flip is what its steps and confirms are', () => {
    expect(wayTo((s) => s.phase === 'drained', NO_TROUBLE)).toEqual([
      'a caller flips drain',
      'the owner runs cordon',
      'the owner runs evict',
      'the owner finds its confirms true',
    ])
    expect(explore(chartModel(upgrade, NO_TROUBLE), []).states).toBe(8)
  })

  test('a step that fails is undone with what came before it, and so is one that may have happened', () => {
    const way = wayTo(
      (s) => s.phase === 'serving' && s.left.failures === 0 && s.flip === undefined && s.effects.length === 0,
    )
    expect(way).toEqual([
      'a caller flips drain',
      'the owner runs cordon, which fails before its effect',
      'the owner undoes cordon',
    ])
    expect(wayTo((s) => s.course === 'back' && s.undo.length === 2)).toContain('the owner runs cordon')
  })

  test('a crash is followed by an adoption, with the step in doubt', () => {
    expect(wayTo((s) => s.doubt === 'cordon' && s.owned && s.effects.includes('drain.cordon'))).toEqual([
      'a caller flips drain',
      'the owner runs cordon, and crashes before that is recorded',
      'recovery adopts drain',
    ])
  })

  test('an undo that fails is stuck until an operator says how it goes on', () => {
    const stuck = (s: ChartState<unknown>): boolean => s.course === 'stuck' && s.stuck?.doing === 'undo'
    expect(wayTo(stuck).at(-1)).toBe('the owner undoes cordon, which fails before its effect')
    const ordered = explore(chartModel(upgrade, { orders: ['skip'] }), [
      sometimes('left behind', (s) => s.flip === undefined && s.effects.length > 0),
    ])
    expect(storyOf(ordered).at(-1)).toBe('an operator orders skip')
    expect(
      explore(chartModel(upgrade, { orders: [] }), [alwaysPossible('goes on', (s) => s.flip === undefined)]).verdict,
    ).toBe('violated')
  })

  test('past the point of no return a failure is stuck, and a cancel comes too late', () => {
    const way = wayTo((s) => s.flip === 'stop' && s.course === 'stuck', { crashes: 0, cancels: 0 })
    expect(way.at(-1)).toMatch(/^the owner runs halt, which/)
    const undone = explore(chartModel(upgrade), [
      never('halted, and back', (s) => s.flip === 'stop' && s.course === 'back' && s.effects.includes('stop.halt')),
    ])
    expect(undone.verdict).toBe('holds')
  })

  test('nobody cancels what may be past the point of no return', () => {
    const inDoubt = (s: ChartState): boolean => s.flip === 'stop' && s.doubt === 'halt'
    const report = explore(chartModel(upgrade), [
      sometimes('in doubt', inDoubt),
      never('cancelled', (_s, before, action) => inDoubt(before) && action?.name === 'cancels stop'),
    ])
    expect(report.verdict).toBe('holds')
  })

  test('a cancel turns the flip back', () => {
    expect(wayTo((s) => s.cancelled && s.course === 'back', { failures: 0, crashes: 0 })).toEqual([
      'a caller flips drain',
      'the owner runs cordon',
      'a caller cancels drain',
      'the owner writes turned',
    ])
  })

  test('timers fire in their phase, and not after it', () => {
    const fired = explore(chartModel(upgrade, NO_TROUBLE), [
      never('the timer restores', (_s, before, action) => action?.actor === 'a timer' && before.phase === 'drained'),
      never('in another phase', (_s, before, action) => action?.actor === 'a timer' && before.phase !== 'drained'),
    ])
    expect(fired.properties.map(({ verdict }) => verdict)).toEqual(['violated', 'holds'])
  })

  test('owners, recovery and timers act in the end; callers and operators need not', () => {
    const settles = (s: ChartState<unknown>): boolean => s.flip === undefined || s.course === 'stuck'
    expect(explore(chartModel(upgrade), [eventually('settles', settles)]).verdict).toBe('holds')
    const begun = explore(chartModel(upgrade, NO_TROUBLE), [eventually('is drained', (s) => s.phase === 'drained')])
    expect(begun.properties[0]?.counterexample?.steps).toEqual([])
    const serving = {
      ...chartModel(upgrade, NO_TROUBLE),
      init: explore(chartModel(upgrade, NO_TROUBLE), [
        sometimes('drained', (s) => s.phase === 'drained'),
      ]).properties.flatMap(({ witness }) => witness?.steps.at(-1)?.state ?? []),
    }
    expect(explore(serving, [eventually('serves again, or is stopped', (s) => s.phase !== 'drained')]).verdict).toBe(
      'holds',
    )
  })

  test('a step that is tried again does what it does again', () => {
    const retrying = chart('retrying', { version: 1 })
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) =>
        f
          .from('a')
          .to('b')
          .step('add', { ...undoable, retry: { attempts: 2 } }),
      )
      .build()
    const world = { init: 0, steps: { add: { run: (n: number) => n + 1, undo: () => 0 } } }
    const adding = explore(chartModel(retrying, { crashes: 0, world }), [never('twice', (s) => s.world === 2)])
    expect(storyOf(adding)).toEqual([
      'a caller flips go',
      'the owner runs add, which fails after its effect and is tried again',
      'the owner runs add',
    ])
    const setting = { init: 0, steps: { add: { run: () => 1, undo: () => 0 } } }
    expect(explore(chartModel(retrying, { world: setting }), [never('twice', (s) => s.world === 2)]).verdict).toBe(
      'holds',
    )
  })

  test('who is cancelled between two attempts does not forget the first: past the point of no return it is stuck', () => {
    const given = explore(chartModel(upgrade, { crashes: 0 }), [
      never('gives up', (_s, before, action) => before.flip === 'stop' && action?.name === 'gives up halt'),
      always('and is stuck', (s, _before, action) => action?.name !== 'gives up halt' || s.course === 'stuck'),
    ])
    expect(given.properties.map(({ verdict }) => verdict)).toEqual(['violated', 'holds'])
  })

  test('a transaction is recorded or never happened', () => {
    const atomic = chart('atomic', { version: 1 })
      .transaction<object>()
      .phase('a', { initial: true })
      .phase('b', { final: true })
      .flip('go', (f) => f.from('a').to('b').transact('insert', undoable).step('call', undoable))
      .build()
    const { verdict } = explore(chartModel(atomic), [
      always(
        'told as it is',
        (s) =>
          s.flip === undefined ||
          s.effects.includes('go.insert') ===
            (s.done.includes('insert') && (s.course !== 'back' || s.undo.includes('insert'))),
      ),
    ])
    expect(verdict).toBe('holds')
  })
})

describe('it finds', () => {
  const stable = alwaysPossible<ChartState<undefined, 'stable' | 'canary' | 'paused'>, unknown>(
    'can be stable again',
    (s) => s.phase === 'stable',
  )

  test('a trap: a phase that nothing leads out of', () => {
    expect(explore(chartModel(canaryChart()), [stable]).verdict).toBe('holds')
    const trapped = explore(chartModel(canaryChart({ bug: 'nothing leads out of paused' })), [stable])
    expect(trapped.verdict).toBe('violated')
    expect(storyOf(trapped)).toContain('a caller flips pause')
  })

  test('a trap that is made by a guard which is never true in this world', () => {
    const locked = chart('locked', { version: 1 })
      .phase('open', { initial: true })
      .phase('locked')
      .flip('lock', (f) => f.from('open').to('locked').step('take key', undoable))
      .flip('unlock', (f) =>
        f
          .from('locked')
          .to('open')
          .guard('has key', () => true)
          .step('return key', undoable),
      )
      .build()
    interface Door {
      readonly keys: number
    }
    const world = (taken: number) => ({
      init: { keys: 1 },
      steps: {
        'take key': { run: () => ({ keys: taken }), undo: () => ({ keys: 1 }) },
        'return key': { run: () => ({ keys: 1 }), undo: () => ({ keys: taken }) },
      },
      guards: { 'has key': ({ keys }: Door) => keys > 0 },
    })
    const opens = alwaysPossible<ChartState<Door>, unknown>(
      'can be opened',
      (s) => s.phase === 'open' && s.flip === undefined,
    )
    expect(explore(chartModel(locked, { world: world(1) }), [opens]).verdict).toBe('holds')
    const trapped = explore(chartModel(locked, { world: world(0) }), [opens])
    expect(storyOf(trapped)).toEqual(['a caller flips lock', 'the owner runs take key'])
    expect(explore(chartModel(locked), [alwaysPossible('can be opened', (s) => s.phase === 'open')]).verdict).toBe(
      'holds',
    )
  })

  test('a timer that fires in the wrong phase', () => {
    const promotes = (bug: 'none' | 'the timer is that of the paused phase') =>
      explore(chartModel(canaryChart({ bug })), [
        never(
          'a paused canary is promoted',
          (s, before) => before.phase === 'paused' && before.flip === undefined && s.flip === 'promote',
        ),
      ])
    expect(promotes('none').verdict).toBe('holds')
    expect(storyOf(promotes('the timer is that of the paused phase')).at(-1)).toMatch(
      /(a caller|a timer) flips promote/,
    )
  })

  test('a guard that reads a stale value', () => {
    interface Replica {
      readonly lag: number
      readonly shown: number
      readonly lost: number
    }
    const world = (guard: (replica: Replica) => boolean) => ({
      init: { lag: 0, shown: 0, lost: 0 },
      steps: { 'promote east': { run: (replica: Replica) => ({ ...replica, lost: replica.lag, lag: 0 }) } },
      guards: { 'promote.keeps up': guard },
      events: {
        'a client writes': (replica: Replica) => (replica.lag < 2 ? { ...replica, lag: replica.lag + 1 } : undefined),
        'east catches up': (replica: Replica) => ({ ...replica, lag: 0 }),
        'the dashboard is drawn': (replica: Replica) => ({ ...replica, shown: replica.lag }),
      },
    })
    const begun = (guard: (replica: Replica) => boolean, late = 0) =>
      explore(chartModel(replicaChart(), { ...NO_TROUBLE, late, world: world(guard) }), [
        never(
          'promoted while it lags',
          (s, before) => s.flip === 'promote' && before.flip === undefined && s.world.lag > 0,
        ),
      ])
    expect(begun(({ lag }) => lag === 0).verdict).toBe('holds')
    expect(storyOf(begun(({ shown }) => shown === 0))).toEqual(['the world a client writes', 'a caller flips promote'])
    // A guard that reads well has read all the same before its flip begins.
    expect(storyOf(begun(({ lag }) => lag === 0, 1))).toEqual([
      'a caller asks for promote, and its guards say yes',
      'the world a client writes',
      'a caller flips promote only now',
    ])
  })

  test('an undo that leaves something behind', () => {
    interface Pool {
      readonly cordoned: boolean
      readonly evicted: boolean
    }
    const world = (undo: (pool: Pool) => Pool) => ({
      init: { cordoned: false, evicted: false },
      steps: {
        cordon: { run: (pool: Pool) => ({ ...pool, cordoned: true }), undo },
        evict: {
          run: (pool: Pool) => ({ ...pool, evicted: true }),
          undo: (pool: Pool) => ({ ...pool, evicted: false }),
        },
        uncordon: { run: () => ({ cordoned: false, evicted: false }), undo: () => ({ cordoned: true, evicted: true }) },
      },
    })
    const clean = never<ChartState<Pool>, unknown>(
      'who serves is cordoned',
      (s) => s.phase === 'serving' && s.flip === undefined && s.world.cordoned,
    )
    expect(
      explore(chartModel(upgrade, { world: world((pool) => ({ ...pool, cordoned: false })) }), [clean]).verdict,
    ).toBe('holds')
    const forgetful = explore(
      chartModel(upgrade, { world: world((pool) => (pool.evicted ? pool : { ...pool, cordoned: pool.cordoned })) }),
      [clean],
    )
    expect(storyOf(forgetful)).toEqual([
      'a caller flips drain',
      'the owner runs cordon, which takes too long and had its effect',
      'the owner undoes cordon',
    ])
  })

  test('a confirm that is never true, and a step that cannot be done', () => {
    const never1 = { init: 0, confirms: { idle: () => false } }
    expect(
      explore(chartModel(upgrade, { world: never1 }), [sometimes('drained', (s) => s.phase === 'drained')]).verdict,
    ).toBe('violated')
    const impossible = { init: 0, steps: { evict: { run: nothing } } }
    const report = explore(chartModel(upgrade, { ...NO_TROUBLE, world: impossible }), [
      never('serves again', (s) => s.flip === undefined && s.effects.length === 0),
    ])
    expect(report.verdict).toBe('violated')
    expect(
      explore(chartModel(upgrade, { ...NO_TROUBLE, world: impossible }), [
        sometimes('drained', (s) => s.phase === 'drained'),
      ]).verdict,
    ).toBe('violated')
  })
})

describe('prove', () => {
  test('throws the story of what does not hold', () => {
    expect(() => prove(chartModel(upgrade), [never('drained', (s) => s.phase === 'drained')])).toThrow(
      expect.objectContaining({
        code: 'PROOF_FAILED',
        message: expect.stringContaining('the owner: runs cordon'),
        facts: expect.objectContaining({ proof: 'explore', problems: ['violated: never "drained"'] }),
      }),
    )
  })

  test('and when a bound was hit', () => {
    expect(() => prove(chartModel(upgrade), [never('is', () => false)], { states: 10 })).toThrow('ended by states')
  })
})

test('the phases of its states are those of the chart, for the compiler too', () => {
  // @ts-expect-error there is no such phase
  const { verdict } = explore(chartModel(upgrade, NO_TROUBLE), [never('typed', (s) => s.phase === 'stoped')])
  expect(verdict).toBe('holds')
})

test('options that are wrong are refused by name', () => {
  const refused = (options: object): unknown => {
    try {
      return chartModel(upgrade, options)
    } catch (error) {
      return (error as { facts: { option: string } }).facts.option
    }
  }
  expect(refused({ crash: 1 })).toBe('chartModel, options.crash')
  expect(refused({ crashes: -1 })).toBe('chartModel, options.crashes')
  expect(refused({ orders: ['wait'] })).toBe('chartModel, options.orders')
  expect(refused({ world: { init: 0, steps: { cordn: {} } } })).toBe('chartModel, options.world.steps.cordn')
  expect(refused({ world: { init: 0, steps: { cordon: { unod: nothing } } } })).toBe(
    'chartModel, options.world.steps.cordon.unod',
  )
  expect(refused({ world: { init: 0, guards: { peers: true } } })).toBe('chartModel, options.world.guards.peers')
  expect(refused({ world: { init: 0, events: { rain: true } } })).toBe('chartModel, options.world.events.rain')
  expect(() => chartModel(canaryChart(), { world: { init: 0, steps: { 'send a tenth': {} } } })).toThrow(
    'start.send a tenth, resume.send a tenth',
  )
})
