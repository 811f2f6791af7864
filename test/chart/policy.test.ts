import { expect, test } from 'vitest'
import { policy } from '../../src/chart/index.ts'
import { withFlip } from './untyped.ts'

const yes = (): boolean => true

function guardOf(check: unknown) {
  const [guard] =
    withFlip((f) => f.guard('g', check))
      .build()
      .flips.get('go')?.guards ?? []
  return guard
}

test('a guard that a policy is knows it, with who may approve; any other knows that it is none', () => {
  expect(guardOf(policy(yes))?.policy).toEqual({ approvers: [] })
  expect(guardOf(policy(yes, { approvers: ['sre', 'head of it: é', 'sre'] }))?.policy).toEqual({
    approvers: ['sre', 'head of it: é'],
  })
  expect(guardOf(yes)).toMatchObject({ name: 'g', policy: undefined })
})

test('making a policy of a function leaves the function what it was', () => {
  policy(yes)
  expect(guardOf(yes)?.policy).toBeUndefined()
})

test('a policy asks the function, and gives its answer as it is', () => {
  const seen: unknown[] = []
  const made = policy((context) => seen.push(context) > 1)
  const context = { at: 1 } as never
  expect([made(context), made(context)]).toEqual([false, true])
  expect(seen).toEqual([context, context])
})

test('what is no function, or no list of roles, is refused by name', () => {
  const made = policy as (...given: readonly unknown[]) => unknown
  for (const [option, ...given] of [
    ['the check of a policy', 'always'],
    ['approvers', yes, { approvers: 'sre' }],
    ['approvers[1]', yes, { approvers: ['sre', ''] }],
    ['policy options.roles', yes, { roles: ['sre'] }],
  ] as const) {
    expect(() => made(...given)).toThrow(expect.objectContaining({ facts: expect.objectContaining({ option }) }))
  }
})
