import { chart, createGate } from 'phasegate'
import {
  approvals,
  calmAfterRollback,
  dependsOn,
  errorBudget,
  type Freeze,
  freeze,
  prometheus,
  safeWindow,
} from 'phasegate/policies'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const other = chart('other', { version: 1 }).phase('cold', { initial: true }).phase('warm', { final: true })
const gate = createGate(other.flip('heat', (f) => f.from('cold').to('warm')).build())
interface Deps {
  readonly gate: typeof gate
  readonly freezes: () => Promise<readonly Freeze[]>
  readonly budget: number
}
const prepared = chart('c', { version: 1 }).deps<Deps>().phase('a', { initial: true }).phase('b', { final: true })

describe('policies', () => {
  test('fit the guards of a chart with dependencies and input, and of one without', () => {
    prepared.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .input(z.object({ size: z.number() }))
        .guard('1', safeWindow({ zone: 'UTC', days: ['mon-fri', 'sun'], from: '09:00', to: '17:00' }))
        .guard('2', freeze({ until: 0, owner: 'kim', reason: 'r' }))
        .guard('3', approvals(2, { roles: ['sre'] }))
        .guard('4', calmAfterRollback('5m', { flips: ['go'] }), { timeout: '1s' })
        .guard('5', dependsOn(gate.subject('x'), 'warm'))
        .guard('6', errorBudget({ remaining: prometheus({ url: 'http://p', query: 'q' }), atLeast: 0.1 })),
    )
    other.flip('heat', (f) => f.from('cold').to('warm').guard('1', approvals(1)).guard('2', calmAfterRollback('1m')))
  })

  test('give their sources what the flip has', () => {
    prepared.flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .input(z.object({ size: z.number() }))
        .guard(
          'freeze',
          freeze(({ deps, input, from }) => {
            expectTypeOf(input).toEqualTypeOf<{ size: number }>()
            expectTypeOf(from).toEqualTypeOf<'a'>()
            return deps.freezes()
          }),
        )
        .guard('budget', errorBudget({ remaining: ({ deps }) => deps.budget, atLeast: 0.1 }))
        .guard(
          'other',
          dependsOn(({ deps }) => deps.gate.subject('x'), 'warm'),
        ),
    )
  })

  test('refuse what is not so', () => {
    // @ts-expect-error no day of the week
    safeWindow({ zone: 'UTC', days: ['Monday'], from: '09:00', to: '17:00' })
    // @ts-expect-error the other has no such phase
    dependsOn(gate.subject('x'), 'hot')
    // @ts-expect-error in no phase
    dependsOn(gate.subject('x'))
    // @ts-expect-error a freeze has an end
    freeze({ owner: 'kim', reason: 'r' })
    // @ts-expect-error a number is needed
    errorBudget({ remaining: () => 'much', atLeast: 0.1 })
  })
})
