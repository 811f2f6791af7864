import { chart, createGate, type GuardContext } from 'phasegate'
import { type Freeze, freeze } from 'phasegate/policies'
import { expect, test } from 'vitest'
import { stage } from '../gate/stage.ts'
import { asked, told } from './asked.ts'

const noon = '2026-12-24T12:00:00Z'
const one: Freeze = { until: '2026-12-27T06:00:00Z', owner: 'payments', reason: 'the busiest week' }

test('a freeze names its owner, its end and its reason', async () => {
  expect(await told(freeze(one), asked(noon))).toBe('frozen until 2026-12-27T06:00:00Z by payments: the busiest week')
})

test('it holds from its beginning up to its end, and one that has expired is passed', async () => {
  const bounded = freeze({ ...one, from: '2026-12-24T12:00:00Z' })
  expect(await told(bounded, asked('2026-12-24T11:59:59.999Z'))).toBe(true)
  expect(await told(bounded, asked(noon))).toContain('frozen')
  expect(await told(bounded, asked('2026-12-27T05:59:59.999Z'))).toContain('frozen')
  expect(await told(bounded, asked('2026-12-27T06:00:00Z'))).toBe(true)
})

test('its moments are wall ms, dates, or text with a zone', async () => {
  const until = Date.parse('2026-12-27T06:00:00Z')
  for (const moment of [
    until,
    new Date(until),
    '2026-12-27T07:00:00+01:00',
    '2026-12-27T06:00Z',
    '2026-12-27T06:00:00.000Z',
  ]) {
    expect(await told(freeze({ ...one, until: moment }), asked(noon))).toContain('until 2026-12-27T06:00:00Z')
  }
})

test('of several the ones that hold are named, the longest first, three at most', async () => {
  const days = [25, 28, 20, 26, 27]
  const many = days.map((day) => ({ until: `2026-12-${day}T00:00:00Z`, owner: `team ${day}`, reason: 'quiet' }))
  expect(await told(freeze(many), asked(noon))).toBe(
    [
      'frozen until 2026-12-28T00:00:00Z by team 28: quiet',
      'until 2026-12-27T00:00:00Z by team 27: quiet',
      'until 2026-12-26T00:00:00Z by team 26: quiet',
      'and 1 more',
    ].join('; '),
  )
  expect(await told(freeze([]), asked(noon))).toBe(true)
})

test('a function is asked each time, with the context, at once or later, and may say more than is needed', async () => {
  const seen: (string | undefined)[] = []
  let rows: readonly object[] = [{ ...one, id: 7, createdAt: new Date(), from: null }]
  const looked = freeze(async ({ flip }: GuardContext) => {
    seen.push(flip)
    return rows as readonly Freeze[]
  })
  expect(await told(looked, asked(noon))).toContain('by payments')
  rows = []
  expect(await told(looked, asked(noon))).toBe(true)
  expect(
    await told(
      freeze(() => one),
      asked(noon),
    ),
  ).toContain('by payments')
  expect(seen).toEqual(['cutover', 'cutover'])
})

test.each<[string, () => unknown]>([
  ['the calendar is away', () => Promise.reject(new Error('the calendar is away'))],
  [
    'no such row',
    () => {
      throw new TypeError('no such row')
    },
  ],
  ['freeze is undefined', () => undefined],
  ['freeze is null', async () => null],
  ['freeze is "no"', () => 'no'],
  ['freeze[1] is undefined', () => [one, undefined]],
  ['freeze.until is undefined', () => ({ owner: 'payments', reason: 'x' })],
  ['freeze.until is "soon"', () => ({ ...one, until: 'soon' })],
  ['freeze.until is "2026-12-27"', () => ({ ...one, until: '2026-12-27' })],
  ['freeze.until is NaN', () => ({ ...one, until: Number.NaN })],
  ['freeze.until is Infinity', () => ({ ...one, until: Number.POSITIVE_INFINITY })],
  ['freeze.until is "2026-12-27T06:00:00"', () => ({ ...one, until: '2026-12-27T06:00:00' })],
  ['freeze[0].until is "2026-12-27T06:00:00Z"', () => [{ ...one, from: '2026-12-28T00:00Z' }]],
  ['freeze[0].owner is undefined', () => [{ until: one.until, reason: 'x' }]],
  ['freeze[0].reason is ""', () => [{ ...one, reason: '' }]],
])('a source of which is true that %s is a no', async (why, source) => {
  const reason = await told(freeze(source as () => Freeze), asked(noon))
  expect(reason).toContain(`whether there is a freeze is not known: ${why}`)
})

test.each([
  ['freeze', undefined],
  ['freeze', 'always'],
  ['freeze.until', { owner: 'payments', reason: 'x' }],
  ['freeze.till', { ...one, till: one.until }],
  ['freeze[1].owner', [one, { ...one, owner: 7 }]],
  ['freeze[0].until', [{ ...one, from: '2027-01-01T00:00Z' }]],
])('a wrong %s is refused by name when the policy is made', (option, source) => {
  expect(() => freeze(source as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
  )
})

test('a source that never answers is a no when the time of the guard is over', async () => {
  const shared = stage()
  const frozen = chart('c', { version: 1 })
    .phase('a', { initial: true })
    .phase('b', { final: true })
    .flip('go', (f) =>
      f
        .from('a')
        .to('b')
        .guard(
          'freeze',
          freeze(() => new Promise<Freeze>(() => undefined)),
        ),
    )
    .build()
  const going = createGate(frozen, shared).subject('s').safeFlip('go')
  await shared.clock.advance(6_000)
  expect((await going).error).toMatchObject({ facts: { by: 'policy', reason: 'it did not answer within 5s' } })
})
