import { expect, test } from 'vitest'
import { headSchema, settledSchema } from '../../src/adapters/stored/index.ts'
import type { Failure, Head, Settled } from '../../src/ports/index.ts'
import { flipOf, headOf, settledOf } from '../../src/testing/contracts/journal-samples.ts'

const failure: Failure = { code: 'STEP_FAILED', message: 'no', step: 's', terminal: true }
const back = { type: 'back', failure, undo: ['b', 'a'] } as const

const HEADS: readonly Head[] = [
  headOf(1, 0, { timers: [{ flip: 'later', at: 5 }] }),
  headOf(2, 1, { flip: flipOf() }),
  headOf(3, 1, { flip: flipOf({ cancel: { actor: { id: 'kim' }, reason: 'no' }, trace: 't', course: back }) }),
  headOf(4, 1, { flip: flipOf({ course: { type: 'stuck', doing: 'undo', step: 's', failure, then: back } }) }),
  headOf(6, 1, {
    rolledBack: [{ flip: 'go', at: 3 }],
    approvals: [{ flip: 'go', fingerprint: 'f', actor: { id: 'kim', roles: ['sre'] }, at: 1, until: 2 }],
  }),
  headOf(5, 1, { flip: flipOf({ key: undefined, actor: undefined, doubt: undefined, input: undefined }) }),
]
const SETTLED: readonly Settled[] = [
  settledOf('k', 'f'),
  { ...settledOf('k', 'f'), outcome: { type: 'rolledBack', failure } },
  { ...settledOf('k', 'f'), outcome: { type: 'overridden', phase: 'p' } },
]
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test.each(HEADS)('a head of version $version comes back whole', (head) => {
  expect(headSchema.parse(stored(head))).toEqual(stored(head))
})

test.each(SETTLED)('an outcome, $outcome.type, comes back whole', (settled) => {
  expect(settledSchema.parse(stored(settled))).toEqual(stored(settled))
})

test('a head that remembers nothing is stored as one was that could not remember, and that one is read', () => {
  const { rolledBack, approvals, ...before } = headOf(1, 1)
  expect(JSON.stringify({ ...before, rolledBack, approvals })).toBe(JSON.stringify(before))
  expect(headSchema.parse(stored(before))).toEqual(stored(before))
})

test('what a newer version added is carried along', () => {
  expect(headSchema.parse({ ...headOf(1, 1), added: { later: true } })).toMatchObject({ added: { later: true } })
})

test.each([{}, { ...headOf(1, 1), version: 'one' }, { ...headOf(1, 1), flip: { id: 1 } }, null])(
  '%j is no head',
  (value) => {
    expect(headSchema.safeParse(value).success).toBe(false)
  },
)
