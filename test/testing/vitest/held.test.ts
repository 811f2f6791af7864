import 'phasegate/testing/vitest'
import { always, explore, type Model, never } from 'phasegate/testing'
import { expect, it } from 'vitest'

const counter: Model<number, string> = {
  init: [0],
  actions: (count) => (count < 3 ? ['more'] : []),
  next: (count) => count + 1,
}

function thrownBy(expectation: () => void): string {
  try {
    expectation()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

it('toHold holds where every property does, of everything that can happen', () => {
  const report = explore(counter, [always('it is small', (count) => count <= 3)])
  expect(report).toHold()
  expect(thrownBy(() => expect(report).not.toHold())).toMatch(
    /^expected the exploration not to hold\n {2}holds: 4 states/,
  )
})

it('toHold prints the shortest counterexample', () => {
  const report = explore(counter, [never('it is two', (count) => count === 2)])
  expect(report).not.toHold()
  const message = thrownBy(() => expect(report).toHold())
  expect(message).toMatch(/^expected the exploration to hold\n {2}violated: /)
  expect(message).toContain('\n  violated: never "it is two"\n')
  expect(message.match(/more/g)).toHaveLength(2)
})

it('toHold does not hold where a bound was hit', () => {
  const report = explore(counter, [always('it is small', (count) => count <= 3)], { states: 2 })
  expect(report.verdict).toBe('holds-within-bounds')
  expect(report).not.toHold()
})

it('toHold refuses what is no report', () => {
  expect(() => expect('holds').not.toHold()).toThrow('it must be what explore(…) has answered')
})
