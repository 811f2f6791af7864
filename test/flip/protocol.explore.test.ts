import { afterAll, describe, expect, test } from 'vitest'
import { BROKEN } from './broken.ts'
import { explore } from './explore.ts'
import { claimsOn } from './invariants.ts'
import { modelOf, type Setting } from './model.ts'
import { REAL } from './rules.ts'
import { SETTINGS } from './settings.ts'

const found: string[] = []
afterAll(() => console.log(found.join('\n')))

describe('the protocol, in every state that it can get into', () => {
  let total = 0
  afterAll(() => found.push(`in all: ${total} states\n`))

  test.each(Object.entries<Setting>(SETTINGS))(
    'keeps its promises: %s',
    (name, setting) => {
      const { states, moves, settled, violation } = explore(modelOf(setting, REAL), claimsOn(setting.plan))
      total += states
      found.push(`${name}: ${states} states, ${moves} moves, ${settled} settled`)
      expect(violation).toBeUndefined()
      // An exploration of next to nothing would hold everything to be true.
      expect(states).toBeGreaterThan(10_000)
      expect(settled).toBeGreaterThan(100)
    },
    120_000,
  )
})

describe('a mistake is found, with the shortest way to it', () => {
  test.each(BROKEN)('$mistake', ({ mistake, rules, setting, breaks }) => {
    const chosen: Setting = SETTINGS[setting]
    const { violation } = explore(modelOf(chosen, { ...REAL, ...rules }), claimsOn(chosen.plan))
    found.push([`${mistake}. So it is not true that ${violation?.name}:`, ...(violation?.path ?? [])].join('\n  '))
    expect(violation?.name).toBe(breaks)
    expect(violation?.path[0]).toBe('a caller asks A')
  })

  test('and the way to it reads as a story', () => {
    const { plan, budget } = SETTINGS['once in the middle']
    const forgetful = {
      ...REAL,
      adopt: (...[flip, chart, owner]: Parameters<typeof REAL.adopt>) => REAL.adopt(flip, chart, owner).slice(0, 1),
    }
    expect(explore(modelOf({ plan, budget }, forgetful), claimsOn(plan)).violation).toEqual({
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
