import { type Actor, createGate, type Subject } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/time/index.ts'
import { type CanaryBug, canaryBugs, canaryChart, canaryRequests, canaryTruths, makeCanaryDeps } from './canary.ts'
import { makeOrderDeps, orderBugs, orderChart, orderRequests, orderTruths } from './order.ts'
import { makeReplicaDeps, replicaChart, replicaRequests, replicaTruths } from './replica.ts'
import { makeTwelveDeps, operator, twelveChart, twelveTruths } from './twelve.ts'

// The charts that the testing kit is shown to work on do what they are about when nothing goes wrong; and most of them
// with their bugs, too: a plain test does not find those.

type Truths<Deps> = Readonly<Record<string, (world: { readonly deps: Deps; readonly phase: string }) => boolean>>
type Requests = Readonly<Record<string, { readonly input: unknown; readonly actor: Actor }>>

/** Asks for the flips in turn, holds the world against the truths after each, and says where that has led. */
async function walk<Deps>(
  subject: Subject,
  flips: readonly string[],
  { requests, truths, deps }: { readonly requests: Requests; readonly truths: Truths<Deps>; readonly deps: Deps },
): Promise<string> {
  const check = async (): Promise<void> => {
    const phase = await subject.phase()
    expect(Object.keys(truths).filter((name) => !truths[name]?.({ deps, phase }))).toEqual([])
  }
  await check()
  for (const flip of flips) {
    await subject.flip(flip, requests[flip]?.input, { actor: requests[flip]?.actor })
    await check()
  }
  return subject.phase()
}

describe.each(['none', ...orderBugs] as const)('an order (bug: %s)', (bug) => {
  test.each([
    ['placed', ['place']],
    ['shipped', ['place', 'ship']],
    ['refunded', ['place', 'ship', 'refund']],
    ['cancelled', ['place', 'cancel']],
    ['cancelled', ['cancel']],
  ])('is %s by %j', async (end, flips) => {
    const deps = makeOrderDeps()
    const gate = createGate(orderChart({ bug }), { deps, clock: virtualClock() })
    const world = { requests: orderRequests, truths: orderTruths, deps }
    expect(await walk(gate.subject('order-1'), flips, world)).toBe(end)
  })

  test('of what is sold out costs nothing', async () => {
    const deps = makeOrderDeps()
    const gate = createGate(orderChart({ bug }), { deps, clock: virtualClock() })
    const { input, actor } = orderRequests.place
    const { error } = await gate.subject('order-1').safeFlip('place', { ...input, items: 11 }, { actor })
    expect(error?.code).toBe('GUARD_REFUSED')
    expect(deps.bank.charges).toEqual([])
  })
})

function replica() {
  const clock = virtualClock()
  const deps = makeReplicaDeps({ clock })
  const subject = createGate(replicaChart(), { deps, clock }).subject('db-7')
  return { clock, deps, subject }
}

describe('a replica', () => {
  test.each([
    ['leading', ['promote']],
    ['following', ['promote', 'switch back']],
    ['set aside', ['promote', 'switch back', 'set aside']],
    ['leading', ['set aside', 'take back', 'promote']],
  ])('is %s by %j', async (end, flips) => {
    const { clock, deps, subject } = replica()
    const walking = walk(subject, flips, { requests: replicaRequests, truths: replicaTruths, deps })
    for (let second = 0; second < 10; second++) await clock.advance(1_000)
    expect(await walking).toBe(end)
  })

  test('that is far behind is not promoted', async () => {
    const { clock, deps, subject } = replica()
    deps.cluster.delayMs = 60_000
    await clock.advance(60_000)
    const { input, actor } = replicaRequests.promote
    const { error } = await subject.safeFlip('promote', input, { actor })
    expect(error?.message).toContain('too far behind')
    expect([...deps.cluster.writable]).toEqual(['west'])
  })
})

const QUIET: readonly CanaryBug[] = [
  'none',
  'the undo forgets a weight in doubt',
  'the balancer is not told the epoch',
  'a step sets a timer of its own',
]

function release(bug: CanaryBug) {
  const clock = virtualClock()
  const deps = makeCanaryDeps({ clock })
  const gate = createGate(canaryChart({ bug }), { deps, clock })
  const world = { requests: canaryRequests, truths: canaryTruths, deps }
  return { clock, deps, gate, world, subject: gate.subject('api') }
}

describe.each(QUIET)('a release (bug: %s)', (bug) => {
  test.each([
    ['canary', 'v1', ['start']],
    ['stable', 'v2', ['start', 'promote']],
    ['stable', 'v1', ['start', 'abort']],
    ['paused', 'v1', ['start', 'pause', 'inspect']],
    ['stable', 'v1', ['start', 'pause', 'abort']],
    ['stable', 'v2', ['start', 'pause', 'inspect', 'resume', 'promote']],
  ])('is %s, with %s for everybody, by %j', async (end, version, flips) => {
    const { deps, subject, world } = release(bug)
    expect(await walk(subject, flips, world)).toBe(end)
    expect(deps.fleet.stable).toBe(version)
  })
})

test('a release is promoted by itself after fifteen minutes, and not while it is paused', async () => {
  const { clock, deps, gate, subject, world } = release('none')
  await walk(subject, ['start', 'pause'], world)
  await clock.advance(20 * 60_000)
  expect((await gate.recover()).fired).toEqual([])
  await walk(subject, ['resume'], world)
  await clock.advance(15 * 60_000)
  expect((await gate.recover()).fired).toMatchObject([{ flip: 'promote', error: undefined }])
  expect(await walk(subject, [], world)).toBe('stable')
  expect(deps.fleet.stable).toBe('v2')
})

test('every canary chart can be built, and starts a release', async () => {
  for (const bug of canaryBugs) {
    const { subject, world } = release(bug)
    expect(await walk(subject, ['start'], world)).toBe('canary')
  }
})

test('a machine lives through its twelve flips', async () => {
  const deps = makeTwelveDeps()
  const machine = twelveChart()
  const flips = [...machine.flips.keys()]
  expect(flips).toHaveLength(12)
  const requests = Object.fromEntries(flips.map((flip) => [flip, { input: undefined, actor: operator }]))
  const life = ['image', 'wipe', 'image', 'configure', 'join', 'leave', 'join', 'serve', 'cordon', 'uncordon', 'cordon']
  const end = ['suspend', 'clear', 'suspend', 'reimage', 'configure', 'join', 'serve', 'cordon', 'suspend', 'scrap']
  expect(new Set([...life, ...end])).toEqual(new Set(flips))
  const gate = createGate(machine, { deps, clock: virtualClock() })
  const world = { requests, truths: twelveTruths, deps }
  expect(await walk(gate.subject('node-1'), [...life, ...end], world)).toBe('scrapped')
})
