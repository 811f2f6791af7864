import fc from 'fast-check'
import { chart, deny } from 'phasegate'
import type { Rested } from 'phasegate/testing'
import { type FlipsProperty, flips } from 'phasegate/testing/fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { caught } from '../../xstate/caught.ts'

/** A database that is promoted when its replica has caught up. */
interface Replica {
  behind: number
  lost: number
  /** What the dashboard showed when somebody last looked. */
  shown: number | undefined
}

function replicaChart(reads: 'the replica' | 'the dashboard') {
  return chart('replica', { version: 1 })
    .deps<Replica>()
    .phase('following', { initial: true })
    .phase('leading')
    .flip('promote', (f) =>
      f
        .from('following')
        .to('leading')
        .guard('keeps up', ({ deps }) => {
          deps.shown ??= deps.behind
          return (reads === 'the dashboard' ? deps.shown : deps.behind) === 0 || deny('behind')
        })
        .step('lead', {
          run: ({ deps }) => {
            // Time has passed since the guard looked.
            if (reads === 'the replica' && deps.behind > 0) throw new Error('behind')
            deps.lost += deps.behind
          },
        }),
    )
    .flip('follow', (f) => f.from('leading').to('following'))
    .build()
}

const replica = {
  deps: (): Replica => ({ behind: 0, lost: 0, shown: undefined }),
  events: {
    'the replica lags': ({ deps }: { deps: Replica }) => {
      deps.behind = 3
    },
    'the replica catches up': ({ deps }: { deps: Replica }) => {
      deps.behind = 0
    },
  },
  invariants: { 'no row is lost': ({ deps }: { deps: Replica }) => deps.lost === 0 },
}

interface Charge {
  readonly stepKey: string
}

/** An order that is paid; the bank knows its requests by a token, where it is given one. */
function orderChart(gives: 'a token' | 'no token') {
  return chart('order', { version: 1 })
    .deps<{ charges: Charge[] }>()
    .phase('open', { initial: true })
    .phase('paid', { final: true })
    .flip('pay', (f) =>
      f
        .from('open')
        .to('paid')
        .input(z.object({ euros: z.number() }))
        .step('charge', {
          run: ({ deps, stepKey }) => {
            if (gives === 'a token' && deps.charges.some((charge) => charge.stepKey === stepKey)) return
            deps.charges.push({ stepKey })
          },
          compensate: ({ deps, stepKey }) => {
            const own = stepKey.replace(/:undo$/, '')
            deps.charges.splice(0, deps.charges.length, ...deps.charges.filter((charge) => charge.stepKey !== own))
          },
        }),
    )
    .build()
}

const order = {
  deps: (): { charges: Charge[] } => ({ charges: [] }),
  inputs: { pay: fc.record({ euros: fc.nat({ max: 99 }) }) },
  invariants: {
    'who has paid has paid once': ({ deps, phase }: { deps: { charges: Charge[] }; phase: string }) =>
      deps.charges.length === (phase === 'paid' ? 1 : 0),
  },
}

/** What fast-check says of a property that fails. */
async function failureOf(property: FlipsProperty, seed = 1): Promise<fc.RunDetails<[object]>> {
  const details = (await fc.check(property, { seed })) as fc.RunDetails<[object]>
  expect(details.failed).toBe(true)
  return details
}

function linesOf({ counterexample }: fc.RunDetails<[object]>): readonly string[] {
  return String(counterexample?.[0])
    .split('\n')
    .filter((line) => line.trim() !== '')
}

const SEEDS = [1, 2, 3, 4, 5]

describe('a guard that reads a cached value', () => {
  test.each(SEEDS)('is found, and shown by the few commands that it takes (seed %i)', async (seed) => {
    const details = await failureOf(flips(replicaChart('the dashboard'), replica), seed)
    const lines = linesOf(details)
    expect(lines.length).toBeLessThanOrEqual(4)
    expect(lines.join('\n')).toContain('the replica lags')
    expect(details.errorInstance).toMatchObject({
      code: 'PROOF_FAILED',
      facts: { proof: 'flips of chart "replica"', problems: ['"no row is lost" does not hold in "leading"'] },
    })
  })

  test('passes when it reads what is, and so does its step', async () => {
    await fc.assert(flips(replicaChart('the replica'), replica), { seed: 1 })
  })
})

describe('a step whose effect doubles', () => {
  test.each(SEEDS)('is found, and shown by the few commands that it takes (seed %i)', async (seed) => {
    const lines = linesOf(await failureOf(flips(orderChart('no token'), order), seed))
    expect(lines.length).toBeLessThanOrEqual(4)
    expect(lines[0]).toMatch(/^ {2}1\. flip "pay" with \{"euros":0\}, in which /)
  })

  test('passes when its requests are known by a token', async () => {
    await fc.assert(flips(orderChart('a token'), order), { seed: 1 })
  })
})

test('what fails reads as a transcript: what happened, what came of it, and what the journal says', async () => {
  const { counterexample, errorInstance } = await failureOf(flips(replicaChart('the dashboard'), replica))
  const message = `${counterexample?.[0]}\n${(errorInstance as Error).message}`
  expect(message).toMatchInlineSnapshot(`
    "
      1. flip "promote", in which the process dies before step "lead" → another process starts
      2. the replica lags

    chart "replica" does not hold, at the end, when all has come to rest:
      - "no row is lost" does not hold in "leading"

      +0ms     test        flip "promote"
      +0ms     process 1   guard "keeps up"
      +0ms     journal     1. requested "promote", following → leading, epoch 1
      +0ms     process 1   step "lead"
      +0ms     process 1   is killed
      +0ms     test        flip "promote": process 1 was killed and answers nobody; restart() starts another, recover() finishes what it left
      +0ms     process 2   starts
      +0ms     outside     the replica lags
      +15s     test        recover
      +15s     journal     2. adopted, epoch 2, in doubt: lead
      +15s     process 2   step "lead"
      +15s     journal     3. stepped "lead"
      +15s     journal     4. committed "promote", leading
      +15s     test        recover: done"
  `)
})

test('nothing is shown that it does not take: no trouble, no other callers, no key', async () => {
  const lamp = chart('lamp', { version: 1 })
    .phase('off', { initial: true })
    .phase('on')
    .flip('turn on', (f) =>
      f
        .from('off')
        .to('on')
        .step('click', { run: () => null, retry: { attempts: 3 } }),
    )
    .flip('turn off', (f) => f.from('on').to('off'))
    .build()
  const count = ({ history }: Rested): number => history.filter(({ kind }) => kind === 'committed').length
  const thrice = flips(lamp, { invariants: { 'it is turned at most twice': (world: Rested) => count(world) < 3 } })
  for (const seed of SEEDS) {
    expect(linesOf(await failureOf(thrice, seed))).toEqual([
      '  1. flip "turn on" → on',
      '  2. flip "turn off" → off',
      '  3. flip "turn on" → on',
    ])
  }
})

test('the same seed is the same run', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(async () => {
      const seen: string[] = []
      const tell = {
        ...replica,
        invariants: {
          'is told': ({ history }: Rested) => seen.push(JSON.stringify(history.map(({ kind, at }) => [kind, at]))) > 0,
        },
      }
      await fc.assert(flips(replicaChart('the replica'), tell), { seed: 7, numRuns: 20 })
      return seen
    }),
  )
  expect(one?.length).toBeGreaterThan(100)
  expect(one).toEqual(two)
})

describe('what is drawn', () => {
  const door = chart('door', { version: 1 })
    .deps<{ isJammed: boolean }>()
    .phase('open', { initial: true })
    .phase('shut', { after: { '1h': 'open' } })
    .phase('gone', { final: true })
    .flip('shut', (f) =>
      f
        .from('open')
        .to('shut')
        .allow('porter')
        .guard('free', ({ deps }) => !deps.isJammed || deny('jammed'))
        .step('pull', { run: () => null, compensate: () => null })
        .step('lock', { run: () => null, compensate: () => null }),
    )
    .flip('open', (f) => f.from('shut').to('open').allow('porter'))
    .flip('remove', (f) => f.from('open', 'shut').to('gone').allow('carpenter'))
    .build()
  const events = {
    'it jams': ({ deps }: { deps: { isJammed: boolean } }) => {
      deps.isJammed = true
    },
  }

  test('is all that can happen: refusals, failures, crashes, timers, callers at one time, repeated keys', async () => {
    const kinds = new Set<string>()
    const actors = new Set<string | undefined>()
    const invariants = {
      'is looked at': ({ history }: Rested) => {
        for (const record of history) {
          kinds.add(record.kind)
          if (record.kind === 'requested') actors.add(record.actor?.id)
        }
        return true
      },
    }
    const kim = { id: 'kim', roles: ['porter'] }
    const lee = { id: 'lee', roles: ['carpenter'] }
    const options = { deps: () => ({ isJammed: false }), events, invariants, actors: [kim, lee, undefined] }
    await fc.assert(flips(door, options), { seed: 3, numRuns: 150 })
    expect([...kinds].sort()).toEqual(
      ['adopted', 'committed', 'denied', 'requested', 'rolledBack', 'stepped', 'turned', 'undone'].sort(),
    )
    expect(actors).toEqual(new Set(['kim', 'lee', 'system:timer']))
  })

  test('is asked by one who may do everything, unless actors are given', async () => {
    const asked = new Set<string | undefined>()
    const invariants = {
      'is looked at': ({ history }: Rested) => {
        for (const record of history) if (record.kind === 'requested') asked.add(record.actor?.roles?.join())
        return true
      },
    }
    await fc.assert(flips(door, { deps: () => ({ isJammed: false }), invariants }), { seed: 3, numRuns: 30 })
    expect(asked).toContain('porter,carpenter')
  })

  test('is as many commands as are asked for, at most', async () => {
    const failing = { deps: () => ({ isJammed: false }), commands: 3, invariants: { never: () => false } }
    const details = await fc.check(flips(door, failing), { seed: 1, endOnFailure: true })
    expect(String(details.counterexample?.[0]).trim().split('\n').length).toBeLessThanOrEqual(3)
  })

  test('goes by what stands in for parts', async () => {
    const invariants = { 'it never shuts': ({ phase }: { phase: string }) => phase !== 'shut' }
    const never = { deps: () => ({ isJammed: false }), guards: { free: 'never free' }, invariants }
    await fc.assert(flips(door, never), { seed: 1, numRuns: 30 })
  })
})

test('an invariant that throws is told as such', async () => {
  const broken = {
    ...replica,
    invariants: {
      'can be told': () => {
        throw new Error('no such table')
      },
    },
  }
  const { errorInstance } = await failureOf(flips(replicaChart('the replica'), broken))
  expect(errorInstance).toMatchObject({
    facts: { problems: ['"can be told" could not be told in "following": no such table'] },
  })
})

test('an event that throws fails the property as it is', async () => {
  const boom = new Error('boom')
  const events = {
    'it explodes': () => {
      throw boom
    },
  }
  expect((await failureOf(flips(replicaChart('the replica'), { ...replica, events }))).errorInstance).toBe(boom)
})

test('options that are none are refused by name', () => {
  const refused = (given: object): string =>
    caught('OPTION_INVALID', () => flips(orderChart('a token'), given as never)).facts.option
  expect(refused({ ...order, inputs: undefined })).toBe('inputs.pay')
  expect(refused({ ...order, inputs: { pay: { euros: 1 } } })).toBe('inputs.pay')
  expect(refused({ ...order, inputs: { ...order.inputs, open: fc.nat() } })).toBe('inputs.open')
  expect(refused({ ...order, deps: { charges: [] } })).toBe('deps')
  expect(refused({ ...order, actors: [] })).toBe('actors')
  expect(refused({ ...order, commands: 0 })).toBe('commands')
  expect(refused({ ...order, events: { 'it rains': 1 } })).toBe('events["it rains"]')
  expect(refused({ ...order, seed: 1 })).toBe('flips options.seed')
  expect(caught('OPTION_INVALID', () => (flips as (chart: never) => unknown)({} as never)).facts.option).toBe('chart')
  // @ts-expect-error: the input of pay is drawn from an arbitrary of it
  expect(flips(orderChart('a token'), { ...order, inputs: { pay: fc.string() } })).toBeDefined()
})
