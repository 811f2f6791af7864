import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  always,
  alwaysPossible,
  eventually,
  explore,
  never,
  sometimes,
  type Trace,
} from '../../../src/testing/explore/index.ts'
import { type Edge, type Graph, modelOf } from './models/graph.ts'
import * as reference from './models/reference.ts'

const SIZE = 6
const state = fc.nat(SIZE - 1)
const edge: fc.Arbitrary<Edge> = fc.record({ actor: fc.constantFrom('A', 'B', undefined), to: state })
const graph: fc.Arbitrary<Graph> = fc.record({
  init: fc.uniqueArray(state, { minLength: 1, maxLength: 2 }),
  edges: fc.array(fc.array(edge, { maxLength: 3 }), { minLength: SIZE, maxLength: SIZE }),
})
const asked: fc.Arbitrary<reference.Asked> = fc.record({ graph, is: fc.uniqueArray(state).map((is) => new Set(is)) })
const RUNS = { numRuns: 300 }

const verdictOf = (holds: boolean): string => (holds ? 'holds' : 'violated')
const fair = ({ actor }: Edge): string | undefined => actor

/** The states of a trace; each step must be one that the graph has. */
function statesOf({ graph: { init, edges } }: reference.Asked, trace: Trace<number> | undefined): readonly number[] {
  if (trace === undefined) throw new TypeError('there is no trace')
  expect(init).toContain(trace.start)
  const states = [trace.start, ...trace.steps.map((step) => step.state)]
  for (const [index, to] of states.slice(1).entries()) {
    expect((edges[states[index] ?? -1] ?? []).map((each) => each.to)).toContain(to)
  }
  return states
}

describe('of any small graph the explorer says what is so', () => {
  test('always and never, with a shortest counterexample', () => {
    fc.assert(
      fc.property(asked, (each) => {
        const { is } = each
        const { properties } = explore(modelOf(each.graph), [
          always('is', (n) => is.has(n)),
          never('is', (n) => is.has(n)),
        ])
        expect(properties.map(({ verdict }) => verdict)).toEqual([
          verdictOf(reference.always(each)),
          verdictOf(reference.never(each)),
        ])
        for (const [index, bad] of [(n: number) => !is.has(n), (n: number) => is.has(n)].entries()) {
          if (properties[index]?.verdict === 'holds') continue
          const states = statesOf(each, properties[index]?.counterexample)
          expect(states.map(bad)).toEqual([...Array(states.length - 1).fill(false), true])
          expect(states.length - 1).toBe(reference.distanceTo(each.graph, bad))
        }
      }),
      RUNS,
    )
  })

  test('sometimes, with a shortest witness', () => {
    fc.assert(
      fc.property(asked, (each) => {
        const [finding] = explore(modelOf(each.graph), [sometimes('is', (n) => each.is.has(n))]).properties
        expect(finding?.verdict).toBe(verdictOf(reference.sometimes(each)))
        if (finding?.verdict !== 'holds') return
        const states = statesOf(each, finding.witness)
        expect(each.is.has(states.at(-1) ?? -1)).toBe(true)
        expect(states.length - 1).toBe(reference.distanceTo(each.graph, (n) => each.is.has(n)))
      }),
      RUNS,
    )
  })

  test('alwaysPossible, with the shortest way to an end without the goal, or else into the trap', () => {
    fc.assert(
      fc.property(asked, (each) => {
        const [finding] = explore(modelOf(each.graph), [alwaysPossible('is', (n) => each.is.has(n))]).properties
        expect(finding?.verdict).toBe(verdictOf(reference.alwaysPossible(each)))
        if (finding?.verdict !== 'violated') return
        const states = statesOf(each, finding.counterexample)
        const isTrap = (n: number): boolean =>
          ![...reference.reachable({ ...each.graph, init: [n] })].some((later) => each.is.has(later))
        expect(isTrap(states.at(-1) ?? -1)).toBe(true)
        const isEnd = (n: number): boolean => !each.is.has(n) && each.graph.edges[n]?.length === 0
        const nearest = reference.distanceTo(each.graph, isEnd) ?? reference.distanceTo(each.graph, isTrap)
        expect(states.length - 1).toBe(nearest)
      }),
      RUNS,
    )
  })

  test('eventually, under weak fairness, with a run that is fair and never comes to it', () => {
    fc.assert(
      fc.property(asked, (each) => {
        const { graph: drawn, is } = each
        const [finding] = explore(modelOf(drawn), [eventually('is', (n) => is.has(n), { fair })]).properties
        expect(finding?.verdict).toBe(verdictOf(reference.eventually(each)))
        if (finding?.verdict !== 'violated') return
        const trace = finding.counterexample
        const states = statesOf(each, trace)
        expect(states.filter((n) => is.has(n))).toEqual([])
        const loop = trace?.loop
        const last = states.at(-1) ?? -1
        const actorsIn = (n: number): readonly (string | undefined)[] =>
          (drawn.edges[n] ?? []).map(({ actor }) => actor)
        if (loop === undefined) {
          expect(actorsIn(last).filter((actor) => actor !== undefined)).toEqual([])
          return
        }
        expect(states[loop]).toBe(last)
        expect(states.length - 1).toBeGreaterThan(loop)
        const taken = trace?.steps.slice(loop).map(({ actor }) => actor) ?? []
        for (const actor of ['A', 'B']) {
          const isOwed = states.slice(loop).every((n) => actorsIn(n).includes(actor))
          expect(!isOwed || taken.includes(actor)).toBe(true)
        }
      }),
      RUNS,
    )
  })

  test('and within a bound nothing that is not so', () => {
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: SIZE }), fc.integer({ min: 1, max: 4 }), (each, states, depth) => {
        const is = (n: number): boolean => each.is.has(n)
        const report = explore(
          modelOf(each.graph),
          [
            always('is', is),
            never('is', is),
            sometimes('is', is),
            alwaysPossible('is', is),
            eventually('is', is, { fair }),
          ],
          { states, depth },
        )
        const truth = [
          reference.always,
          reference.never,
          reference.sometimes,
          reference.alwaysPossible,
          reference.eventually,
        ]
        for (const [index, { verdict }] of report.properties.entries()) {
          if (verdict === 'violated') expect(truth[index]?.(each)).toBe(false)
          if (verdict === 'holds') expect(truth[index]?.(each)).toBe(true)
        }
        if (report.bound !== undefined) expect(report.verdict).not.toBe('holds')
        expect(report.states).toBeLessThanOrEqual(Math.max(states, each.graph.init.length))
      }),
      RUNS,
    )
  })
})
