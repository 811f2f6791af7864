import fc from 'fast-check'
import { chart, deny } from 'phasegate'
import { flips } from 'phasegate/testing/fast-check'
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
async function failureOf(property: ReturnType<typeof flips>, seed = 1): Promise<fc.RunDetails<[object]>> {
  const details = (await fc.check(property, { seed })) as fc.RunDetails<[object]>
  expect(details.failed).toBe(true)
  return details
}

function linesOf({ counterexample }: fc.RunDetails<[object]>): readonly string[] {
  return String(counterexample?.[0])
    .split('\n')
    .filter((line) => line.trim() !== '')
}

describe('a guard that reads a cached value', () => {
  test('is found, and shown by the few commands that it takes', async () => {
    const details = await failureOf(flips(replicaChart('the dashboard'), replica))
    console.log(String(details.counterexample?.[0]), details.numShrinks, details.numRuns)
    expect(linesOf(details).length).toBeLessThanOrEqual(4)
  })

  test('passes when it reads what is', async () => {
    await fc.assert(flips(replicaChart('the replica'), replica), { seed: 1 })
  })
})

describe('a step whose effect doubles', () => {
  test('is found, and shown by the few commands that it takes', async () => {
    const details = await failureOf(flips(orderChart('no token'), order))
    console.log(String(details.counterexample?.[0]), details.numShrinks, details.numRuns)
    expect(linesOf(details).length).toBeLessThanOrEqual(4)
  })

  test('passes when its requests are known by a token', async () => {
    await fc.assert(flips(orderChart('a token'), order), { seed: 1 })
  })
})

test('x', () => {
  expect(caught('OPTION_INVALID', () => flips(orderChart('a token'), {} as never)).facts.option).toBe('inputs.pay')
})
