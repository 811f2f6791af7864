import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPhasegateError } from '../../../src/index.ts'
import { flips } from '../../../src/testing/fast-check/index.ts'
import { alwaysPossible, chartModel, crashEverywhere, explore, simulate } from '../../../src/testing/index.ts'
import { type CanaryBug, canaryChart, canaryRequests, canaryTruths, makeCanaryDeps } from './canary.ts'
import { makeOrderDeps, type OrderBug, orderChart, orderRequests, orderTruths } from './order.ts'
import { makeReplicaDeps, type ReplicaBug, replicaChart, replicaRequests, replicaTruths } from './replica.ts'

// What the authors of the charts say must hold is all that the kit is told of them.

const order = (bug: OrderBug, flip: keyof typeof orderRequests) =>
  crashEverywhere(orderChart({ bug }), flip, { deps: makeOrderDeps, requests: orderRequests, invariants: orderTruths })
const replica = (bug: ReplicaBug, flip: keyof typeof replicaRequests) =>
  crashEverywhere(replicaChart({ bug }), flip, {
    deps: makeReplicaDeps,
    requests: replicaRequests,
    invariants: replicaTruths,
  })
const canary = (bug: CanaryBug, flip: keyof typeof canaryRequests) =>
  crashEverywhere(canaryChart({ bug }), flip, {
    deps: makeCanaryDeps,
    requests: canaryRequests,
    invariants: canaryTruths,
  })

const flipsOf = <Name extends string>(requests: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(requests) as Name[]

/** Where a proof fails, and what it says is wrong. */
async function failureOf(proof: Promise<unknown>): Promise<{ point: string | undefined; problems: readonly string[] }> {
  const error = await proof.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isPhasegateError(error, 'PROOF_FAILED')) throw new Error(`the proof should have failed: ${String(error)}`)
  const { point, problems } = error.facts
  return { point, problems }
}

describe('a chart without mistakes passes, every flip of it', () => {
  test.each(flipsOf(orderRequests))('an order: %s', async (flip) => {
    expect((await order('none', flip)).runs).toBeGreaterThan(20)
  })
  test.each(flipsOf(replicaRequests))('a replica: %s', async (flip) => {
    expect((await replica('none', flip)).runs).toBeGreaterThan(4)
  })
  test.each(flipsOf(canaryRequests))('a canary: %s', async (flip) => {
    expect((await canary('none', flip)).runs).toBeGreaterThan(20)
  })
})

describe('a crash anywhere finds', () => {
  test('a charge in doubt that the undo forgets', async () => {
    expect(await failureOf(order('the undo forgets a charge in doubt', 'place'))).toEqual({
      point: 'step "charge" fails',
      problems: ['"who has no goods coming has paid nothing" does not hold in "open"'],
    })
  })

  test('a card that is charged twice, since the bank was given no key', async () => {
    const { point, problems } = await failureOf(order('the card is charged without a key', 'place'))
    expect(point).toBe('crash › after bank.charge() in step "charge"')
    expect(problems).toContain('"an order is never charged twice" does not hold in "placed"')
  })

  test('goods that are put back though they were never set aside', async () => {
    const { problems } = await failureOf(order('goods can be put back twice', 'place'))
    expect(problems).toContain('"no goods are lost, and none appear" does not hold in "open"')
  })

  test('a guard that believes an old reading', async () => {
    const { problems } = await failureOf(replica('the lag is read from the dashboard', 'promote'))
    expect(problems).toContain('"no row that a client was told of is lost" does not hold in "leading"')
  })

  test('a fence in doubt that the undo forgets', async () => {
    const { point, problems } = await failureOf(replica('the undo forgets a fence in doubt', 'promote'))
    expect(point).toBe('step "fence west" fails')
    expect(problems).toContain('"exactly one server takes writes" does not hold in "following"')
  })

  test('a weight in doubt that the undo forgets', async () => {
    const { problems } = await failureOf(canary('the undo forgets a weight in doubt', 'start'))
    expect(problems).toContain('"weights are 0 in stable" does not hold in "stable"')
  })

  test('a balancer that obeys a late owner', async () => {
    const { point, problems } = await failureOf(canary('the balancer is not told the epoch', 'start'))
    expect(point).toBe('zombie › before step "send a tenth"')
    expect(problems).toContain('"weights are 0 in stable" does not hold in "stable"')
  })
})

/** What a random history of a release comes to, if it comes to anything wrong. */
async function historyOf(bug: CanaryBug): Promise<{ told: string; problems: readonly string[] } | undefined> {
  const random = flips(canaryChart({ bug }), {
    deps: makeCanaryDeps,
    inputs: { start: fc.constant(canaryRequests.start.input) },
    invariants: canaryTruths,
  })
  const { failed, counterexample, errorInstance } = await fc.check(random, { seed: 7, numRuns: 200 })
  if (!failed || !isPhasegateError(errorInstance, 'PROOF_FAILED')) return undefined
  return { told: String(counterexample?.[0]), problems: errorInstance.facts.problems }
}

describe('random histories find', () => {
  test('nothing in a release without mistakes', async () => {
    expect(await historyOf('none')).toBeUndefined()
  })

  test('a timer of its own that a step has set', async () => {
    const found = await historyOf('a step sets a timer of its own')
    expect(found?.told).toContain('1h pass → canary')
    expect(found?.problems).toEqual([
      '"everybody gets another version than the one that is tried" does not hold in "canary"',
    ])
  })

  test('a release that is promoted while it is paused', async () => {
    expect((await historyOf('the timer is that of the paused phase'))?.problems).toContain(
      '"what is rolled out was being tried at that moment" does not hold in "stable"',
    )
  })
})

describe('an exploration of every way finds', () => {
  const stableAgain = (bug: CanaryBug) =>
    explore(chartModel(canaryChart({ bug })), [
      alwaysPossible('everybody can get the same version again', ({ phase }) => phase === 'stable'),
    ])

  test('no trap in a release without mistakes', () => {
    expect(stableAgain('none')).toMatchObject({ verdict: 'holds', bound: undefined })
  })

  test('a phase that nothing leads out of, though the chart has no final phase', () => {
    const { verdict, properties } = stableAgain('nothing leads out of paused')
    expect(verdict).toBe('violated')
    const last = properties[0]?.counterexample?.steps.at(-1)
    expect(last?.state).toMatchObject({ phase: 'paused', flip: undefined })
  })
})

describe('a simulation shows', () => {
  const paused = async (bug: CanaryBug) => {
    const sim = simulate(canaryChart({ bug }), { deps: makeCanaryDeps })
    for (const flip of ['start', 'pause'] as const) {
      await sim.flip(flip, canaryRequests[flip].input as { version: string }, { actor: canaryRequests[flip].actor })
    }
    await sim.advance('16m')
    return { phase: await sim.phase(), rolledOut: sim.deps.fleet.rolledOut }
  }

  test('that nothing happens to a release that is paused', async () => {
    expect(await paused('none')).toEqual({ phase: 'paused', rolledOut: [] })
  })

  test('a timer that fires in the wrong phase', async () => {
    expect(await paused('the timer is that of the paused phase')).toEqual({
      phase: 'stable',
      rolledOut: [{ version: 'v2', weight: 0 }],
    })
  })
})
