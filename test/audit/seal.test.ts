import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkChain, headerOf, logName, open, seal, sealAll, sha256, subjectOf } from '../../src/audit/index.ts'
import { canonical } from '../../src/base/index.ts'
import type { Actor, Body, JournalRecord, SealedRecord, SubjectRef } from '../../src/ports/index.ts'

const SUBJECT: SubjectRef = { chart: 'upgrade', id: 'db/7' }
const kim: Actor = { id: 'kim', roles: ['sre'] }
const chart = { version: 2, fingerprint: 'abc' }
const failure = { code: 'STEP_FAILED', message: 'no', step: 's' } as const

const BODIES: readonly Body[] = [
  {
    kind: 'requested',
    flipId: 'f',
    flip: 'go',
    from: 'a',
    to: 'b',
    chart,
    input: { deep: [1, null, { x: 'é\n"' }] },
    key: 'k',
    fingerprint: 'p',
    attempt: 1,
    actor: kim,
    owner: 'me',
    deadline: 9,
    trace: undefined,
    breakGlass: undefined,
  },
  { kind: 'started', flipId: 'f', step: 's' },
  { kind: 'stepped', flipId: 'f', step: 's', output: undefined },
  { kind: 'turned', flipId: 'f', failure, undo: ['b', 'a'] },
  { kind: 'undone', flipId: 'f', step: 's' },
  { kind: 'committed', flipId: 'f', flip: 'go', from: 'a', to: 'b', timers: [{ flip: 'later', afterMs: 5 }] },
  { kind: 'rolledBack', flipId: 'f', flip: 'go', from: 'a', to: 'b', failure },
  { kind: 'stuck', flipId: 'f', doing: 'undo', step: 's', failure },
  { kind: 'resolved', flipId: 'f', how: 'retry', actor: kim, reason: 'mended', owner: 'me', deadline: 3 },
  { kind: 'adopted', flipId: 'f', actor: kim, owner: 'you', previous: 'me', doubt: 's' },
  { kind: 'cancelRequested', flipId: 'f', actor: undefined, reason: 'changed my mind' },
  { kind: 'denied', act: 'flip', flip: 'go', actor: undefined, by: 'guard', guard: 'g', reason: 'not now', repeats: 3 },
  { kind: 'forced', phase: 'b', from: 'a', actor: kim, reason: 'fire', overridden: 'f', chart, timers: [] },
  { kind: 'migrated', phase: 'b', from: 'a', previous: chart, chart, timers: [] },
]

function recordOf(body: Body, n = 1): JournalRecord {
  return { n, at: 1_700_000_000_000, epoch: 4, ...body }
}

function chain(length: number): SealedRecord[] {
  const bodies = Array.from({ length }, (_, index): Body => ({ kind: 'undone', flipId: 'f', step: `s${index}` }))
  return [
    ...sealAll(
      SUBJECT,
      bodies.map((body, index) => recordOf(body, index + 1)),
      undefined,
    ),
  ]
}

describe('a sealed record', () => {
  test.each(BODIES)('of kind $kind comes back as it was, undefined members by absence', (body) => {
    const back = open(seal(SUBJECT, recordOf(body), undefined))
    expect(back).toStrictEqual(JSON.parse(JSON.stringify(recordOf(body))))
  })

  test.each(BODIES)('of kind $kind has a header that is canonical and says only what a header may', (body) => {
    const sealed = seal(SUBJECT, recordOf(body), 'previous')
    const header = headerOf(sealed)
    expect(sealed.header).toBe(canonical(header))
    expect(header).toMatchObject({ v: 1, log: 'upgrade/db%2F7', n: 1, epoch: 4, kind: body.kind, prev: 'previous' })
    expect(header.actor).toBe('actor' in body ? body.actor?.id : undefined)
    expect(header.flip).toBe('flipId' in body ? body.flipId : undefined)
    expect(header.payload).toBe(sha256(sealed.payload))
    expect(sealed.hash).toBe(sha256(sealed.header))
  })

  test('carries any output that is JSON', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }).filter((value) => isWellFormed(value)),
        (output) => {
          const body: Body = { kind: 'stepped', flipId: 'f', step: 's', output }
          expect(open(seal(SUBJECT, recordOf(body), undefined))).toEqual(JSON.parse(JSON.stringify(recordOf(body))))
        },
      ),
    )
  })

  test('has a salt of its own, so that equal payloads have different digests', () => {
    const sealed = Array.from({ length: 1_000 }, () =>
      seal(SUBJECT, recordOf({ kind: 'undone', flipId: 'f', step: 's' }), undefined),
    )
    expect(new Set(sealed.map(({ payload }) => payload)).size).toBe(1_000)
    expect(JSON.parse(sealed[0]?.payload ?? '').salt).toMatch(/^[\w-]{22}$/)
  })

  test.each([new Date(), Number.NaN, 1n, [undefined], new Map()])('cannot hold %s', (output) => {
    const body: Body = { kind: 'stepped', flipId: 'f', step: 's', output }
    expect(() => seal(SUBJECT, recordOf(body), undefined)).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALISABLE' }),
    )
  })

  test('cannot belong to a subject whose name is not well-formed text', () => {
    const record = recordOf({ kind: 'undone', flipId: 'f', step: 's' })
    const sealIt = (): unknown => seal({ chart: 'a', id: '\ud800' }, record, undefined)
    expect(sealIt).toThrow(expect.objectContaining({ code: 'NOT_SERIALISABLE' }))
  })
})

describe('the name of a log', () => {
  test('leads back to its subject, so no two subjects share one', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '/', '%', '2', 'F', '5', '.', '\0', '🚦') })
    fc.assert(
      fc.property(name, name, (chartName, id) => {
        expect(subjectOf(logName({ chart: chartName, id }))).toEqual({ chart: chartName, id })
      }),
    )
  })
})

describe('a chain', () => {
  test('that was left alone has no fault', async () => {
    expect(await checkChain(SUBJECT, chain(5))).toBeUndefined()
    expect(await checkChain(SUBJECT, [])).toBeUndefined()
  })

  const harm: readonly (readonly [string, number, (records: SealedRecord[]) => void])[] = [
    ['an edited payload', 3, (all) => replace(all, 2, { payload: '{"body":{"step":"other"},"salt":""}' })],
    [
      'an edited header',
      3,
      (all) => replace(all, 2, { header: all[2]?.header.replace('"epoch":4', '"epoch":5') ?? '' }),
    ],
    ['a header that is not JSON', 3, (all) => replace(all, 2, { header: 'x', hash: sha256('x') })],
    [
      'a record edited and hashed again',
      4,
      (all) => all.splice(2, 1, seal(SUBJECT, recordOf({ kind: 'undone', flipId: 'f', step: 'x' }, 3), all[1]?.hash)),
    ],
    ['a deleted record', 3, (all) => all.splice(2, 1)],
    ['a record given twice', 4, (all) => all.splice(2, 0, ...all.slice(2, 3))],
    ['two records swapped', 2, (all) => all.splice(1, 2, ...all.slice(1, 3).reverse())],
    ['a missing beginning', 1, (all) => all.splice(0, 1)],
  ]
  test.each(harm)('with %s is faulty at record %i', async (_name, n, spoil) => {
    const records = chain(5)
    spoil(records)
    expect(await checkChain(SUBJECT, records)).toMatchObject({ n })
  })

  test('of another subject is faulty', async () => {
    expect(await checkChain({ chart: 'upgrade', id: 'db-8' }, chain(1))).toMatchObject({ n: 1 })
  })
})

function replace(records: SealedRecord[], index: number, changes: Partial<SealedRecord>): void {
  const record = records[index]
  if (record !== undefined) records[index] = { ...record, ...changes }
}

function isWellFormed(value: unknown): boolean {
  try {
    canonical(value)
    return true
  } catch {
    return false
  }
}
