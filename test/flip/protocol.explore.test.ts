import { afterAll, describe, expect, test } from 'vitest'
import { explore, type Finding, type Property, type Report } from '../../src/testing/explore/index.ts'
import { BROKEN } from './broken.ts'
import { claimsOn, isSettled } from './invariants.ts'
import { modelOf, type Setting } from './model.ts'
import type { Move } from './moves.ts'
import { REAL, type Rules } from './rules.ts'
import { SETTINGS } from './settings.ts'
import type { State } from './state.ts'

const found: string[] = []
afterAll(() => console.log(found.join('\n')))

/** How many states each setting has, and in how many of them nothing is left to be done. */
const SIZES: Readonly<Record<keyof typeof SETTINGS, readonly [states: number, moves: number, settled: number]>> = {
  plain: [61_831, 124_778, 1514],
  'two failures': [34_449, 64_076, 2324],
  'a lost answer': [18_047, 36_542, 749],
  'two crashes': [44_609, 94_376, 366],
  'two callers': [52_335, 104_677, 634],
  'two callers, other inputs': [50_069, 101_413, 664],
  'a confirm': [71_801, 146_747, 1561],
  'once in the middle': [58_622, 116_452, 1723],
  'irreversible at the end, and a confirm': [38_267, 77_274, 1261],
  'irreversible in the middle': [17_380, 35_217, 769],
  'irreversible and once': [15_105, 29_626, 816],
  'rolls back when its owner dies': [41_923, 80_320, 1667],
  'a transaction in the middle': [36_524, 74_981, 931],
  'a transaction in the middle, a lost answer': [19_002, 44_658, 1019],
  'nothing but transactions': [37_760, 106_756, 1719],
  'an irreversible transaction': [31_211, 76_729, 1203],
  'a step without an undo': [36_151, 73_813, 1098],
}

function explored(setting: Setting, rules: Rules, claims: readonly Property<State, Move>[]): Report<State> {
  return explore(modelOf(setting, rules), claims, { until: 'violated' })
}

/** What is violated, and the shortest way to it. */
function violationIn({ properties }: Report<State>): { name: string; path: readonly string[] } | undefined {
  const finding: Finding<State> | undefined = properties.find(({ verdict }) => verdict === 'violated')
  return finding && { name: finding.name, path: finding.counterexample?.steps.map(({ action }) => action) ?? [] }
}

describe('the protocol, in every state that it can get into', () => {
  test.each(Object.entries<Setting>(SETTINGS))('keeps its promises: %s', (name, setting) => {
    let settled = 0
    // Asked once of every state, as a goal is.
    const counting = (claim: Property<State, Move>): Property<State, Move> => {
      if (claim.kind !== 'alwaysPossible') return claim
      return { ...claim, goal: (state) => isSettled(state) && ++settled > 0 }
    }
    const report = explored(setting, REAL, claimsOn(setting.plan).map(counting))
    expect(violationIn(report)).toBeUndefined()
    expect(report.verdict).toBe('holds')
    // An exploration of less would hold more to be true.
    expect([report.states, report.transitions, settled]).toEqual(SIZES[name as keyof typeof SETTINGS])
  })
})

describe('a mistake is found, with the shortest way to it', () => {
  test.each(BROKEN)('$mistake', ({ mistake, rules, setting, breaks }) => {
    const chosen: Setting = SETTINGS[setting]
    const violation = violationIn(explored(chosen, { ...REAL, ...rules }, claimsOn(chosen.plan)))
    found.push([`${mistake}. So it is not true that ${violation?.name}:`, ...(violation?.path ?? [])].join('\n  '))
    expect(violation?.name).toBe(breaks)
    expect(violation?.path[0]).toBe('a caller asks A')
  })

  test('and the way to it reads as a story', () => {
    const { plan, budget } = SETTINGS['once in the middle']
    const forgetful: Rules = { ...REAL, adopt: (flip, chart, owner) => REAL.adopt(flip, chart, owner).slice(0, 1) }
    expect(violationIn(explored({ plan, budget }, forgetful, claimsOn(plan)))).toEqual({
      name: 'a "once" step takes effect at most once',
      path: [
        'a caller asks A',
        'A is told: go',
        'A (epoch 1) appends requested',
        'A (epoch 1) runs a',
        'A (epoch 1) appends stepped',
        'A (epoch 1) runs b',
        'A pauses past its lease, and B finds the flip without an owner',
        'B (epoch 2) appends adopted',
        'B (epoch 2) runs b',
      ],
    })
  })
})
