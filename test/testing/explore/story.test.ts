import { expect, test } from 'vitest'
import { eventually, explore, type Model, never, sequence, story, summary } from '../../../src/testing/explore/index.ts'
import { path } from './models/graph.ts'
import { consistent, twoPhase } from './models/two-phase.ts'

interface Door {
  readonly open: boolean
  readonly knocks: number
}
type Act = { readonly actor: string; readonly name: string; readonly to?: string }

const door: Model<Door, Act> = {
  init: [{ open: false, knocks: 0 }],
  actions: ({ knocks }) => [{ actor: 'guest', name: knocks < 2 ? 'knocks' : 'waits; #3', to: 'door' }],
  next: (state, { name }) => (name === 'knocks' ? { ...state, knocks: state.knocks + 1 } : state),
}
const report = explore(door, [
  never('nobody knocks twice', ({ knocks }) => knocks === 2),
  eventually('the door opens', ({ open }) => open),
])
const [twice, opens] = report.properties

test('a trace is told as a story: who did what, and what it changed', () => {
  expect(twice?.counterexample && story(twice.counterexample)).toBe(
    [
      '   { open: false, knocks: 0 }',
      ' 1 guest: knocks → door',
      '   knocks: 1',
      ' 2 guest: knocks → door',
      '   knocks: 2',
    ].join('\n'),
  )
})

test('what goes round for ever is told as such, in the story and in the diagram', () => {
  const trace = opens?.counterexample
  expect(trace && story(trace)).toContain(
    'and from here on, round and round:\n 3 guest: waits; #3 → door\n   (as before)',
  )
  expect(trace && sequence(trace)).toBe(
    [
      'sequenceDiagram',
      '  participant p0 as guest',
      '  participant p1 as door',
      '  p0->>p1: knocks',
      '  p0->>p1: knocks',
      '  loop for ever',
      '    p0->>p1: waits#59; #35;3',
      '  end',
      '',
    ].join('\n'),
  )
})

test('a summary has the verdicts, and the story of what is violated', () => {
  const text = summary(report)
  expect(text).toMatch(
    /^violated: 3 states, 3 transitions, depth 2, complete\nviolated: never "nobody knocks twice"\n {3}\{ open/,
  )
  expect(text).toContain('violated: eventually "the door opens"')
  expect(summary(explore(twoPhase(1), [consistent], { depth: 1 }))).toBe(
    'holds-within-bounds: 4 states, 3 transitions, depth 1, ended by depth\nholds-within-bounds: always "consistent"',
  )
})

test('actions without an actor are told by themselves', () => {
  const [finding] = explore(path(0, 1, 2), [never('2', (n) => n === 2)]).properties
  expect(finding?.counterexample && story(finding.counterexample)).toBe('   0\n 1 1\n   1\n 2 2\n   2')
  expect(finding?.counterexample && sequence(finding.counterexample)).toContain('participant p0 as it\n  p0->>p0: 1\n')
})
