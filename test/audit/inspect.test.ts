import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Findings, Inspector, sha256 } from '../../src/audit/index.ts'
import type { AuditEntry, LogTip } from '../../src/ports/index.ts'
import { changed, entryOf, logOf, tipOf } from './chains.ts'

interface Given {
  readonly tips?: readonly LogTip[]
  readonly mayRepeat?: boolean
  readonly all?: boolean
}

function inspect(entries: readonly AuditEntry[], given: Given = {}): Findings {
  const inspector = new Inspector({ mayRepeat: given.mayRepeat ?? false, all: given.all ?? false })
  for (const [index, tip] of (given.tips ?? []).entries()) inspector.vouch(tip, index + 1, false)
  for (const entry of entries) inspector.see(entry)
  return inspector.finish()
}

function fault(entries: readonly AuditEntry[], given: Given = {}): unknown {
  const [first] = inspect(entries, given).faults
  return first && { class: first.class, log: first.log, n: first.n }
}

/** Entries whose record n says something else, and all from there on are sealed anew. */
function rewritten(n: number, length = 9): AuditEntry[] {
  const mine = logOf('a', length, (at) => ({ kind: 'undone', flipId: 'f', step: at < n ? `s${at}` : `t${at}` }))
  const kept = a.slice(0, n - 1)
  let prev = kept.at(-1)?.hash
  return kept.concat(
    mine.slice(n - 1).map((entry) => {
      const { prev: _, t, v, ...header } = JSON.parse(entry.header)
      const text = JSON.stringify({ ...header, ...(prev === undefined ? {} : { prev }), t, v })
      prev = sha256(text)
      return { ...entry, header: text, hash: prev }
    }),
  )
}

const a = logOf('a', 9)
const b = logOf('b', 5)
const LOG = 'door/a'

describe('logs that were left alone', () => {
  test('have no fault, in whatever mixture they come', () => {
    const order = fc.shuffledSubarray([...a.map(() => 'a'), ...b.map(() => 'b')], { minLength: 14 })
    fc.assert(
      fc.property(order, (names) => {
        const next = { a: 0, b: 0 }
        const mixed = names.map((name) => (name === 'a' ? entryOf(a, ++next.a) : entryOf(b, ++next.b)))
        const tips = [tipOf(a, 4), tipOf(b), tipOf(a, 7)]
        expect(inspect(mixed, { tips })).toEqual({
          faults: [],
          records: 14,
          subjects: 2,
          redacted: 0,
          uncovered: { records: 2, subjects: 1 },
        })
      }),
    )
  })

  test('may come again from anywhere, as often as a deliverer dies', () => {
    const runs = fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 6 })
    fc.assert(
      fc.property(runs, (deaths) => {
        // Each run begins at or before where the last ended, and the last one goes on to the end.
        const given: AuditEntry[] = []
        let end = 0
        for (const [from, to] of [...deaths, [0, 9] as const]) {
          const start = Math.min(from, end)
          given.push(...a.slice(start, Math.max(start, to)))
          end = Math.max(start, to)
        }
        expect(inspect(given, { mayRepeat: true }).faults).toEqual([])
      }),
    )
  })

  test('may begin behind what was removed on purpose', () => {
    const inspector = new Inspector({ mayRepeat: true, all: false })
    inspector.begin(tipOf(a, 3))
    inspector.vouch(tipOf(a, 2), 1, false)
    inspector.vouch(tipOf(a, 8), 2, false)
    for (const entry of a.slice(3)) inspector.see(entry)
    expect(inspector.finish()).toMatchObject({ faults: [], records: 6, uncovered: { records: 1, subjects: 1 } })
  })
})

describe('the fault', () => {
  const header = (n: number, from: string, to: string): string => entryOf(a, n).header.replace(from, to)
  const resealed = (n: number): Partial<AuditEntry> => {
    const text = header(n, '"epoch":1', '"epoch":2')
    return { header: text, hash: sha256(text) }
  }
  const without = (n: number): AuditEntry[] => a.toSpliced(n - 1, 1)

  const cases: readonly (readonly [string, () => readonly AuditEntry[], Given, unknown])[] = [
    ['of a payload edited', () => changed(a, 4, { payload: '{"body":{}}' }), {}, { class: 'edited', n: 4 }],
    [
      'of a header edited',
      () => changed(a, 4, { header: header(4, '"epoch":1', '"epoch":2') }),
      {},
      { class: 'edited', n: 4 },
    ],
    ['of a hash edited', () => changed(a, 4, { hash: '0' }), {}, { class: 'edited', n: 4 }],
    [
      'of a header that is no JSON',
      () => changed(a, 4, { header: '{', hash: sha256('{') }),
      {},
      { class: 'edited', n: 4 },
    ],
    [
      'of a header that is no object',
      () => changed(a, 4, { header: 'null', hash: sha256('null') }),
      {},
      { class: 'edited', n: 4 },
    ],
    [
      'of a header sealed anew: the next one does not follow it',
      () => changed(a, 4, resealed(4)),
      {},
      { class: 'edited', n: 5 },
    ],
    [
      'of the same, where a checkpoint vouches for it',
      () => changed(a, 4, resealed(4)),
      { tips: [tipOf(a, 4)] },
      { class: 'edited', n: 4 },
    ],
    ['of another number written on it', () => changed(a, 4, { n: 44 }), {}, { class: 'edited', n: 44 }],
    ['of a record deleted', () => without(4), {}, { class: 'deleted', n: 4 }],
    ['of several records deleted', () => a.toSpliced(2, 3), {}, { class: 'deleted', n: 3 }],
    ['of the first record deleted', () => without(1), {}, { class: 'deleted', n: 1 }],
    [
      'of a record deleted before one that is edited',
      () => changed(without(4), 7, { payload: 'x' }),
      {},
      { class: 'deleted', n: 4 },
    ],
    ['of two records swapped', () => a.with(3, entryOf(a, 5)).with(4, entryOf(a, 4)), {}, { class: 'reordered', n: 4 }],
    ['of a record that comes late', () => [...without(4), entryOf(a, 4)], {}, { class: 'reordered', n: 4 }],
    ['of a copy', () => a.toSpliced(4, 0, entryOf(a, 2)), {}, { class: 'inserted', n: 2 }],
    [
      'of a false record of the same number',
      () => a.toSpliced(4, 0, entryOf(rewritten(5), 5)),
      {},
      { class: 'inserted', n: 5 },
    ],
    [
      'of the same in a sink',
      () => a.toSpliced(4, 0, entryOf(rewritten(5), 5)),
      { mayRepeat: true },
      { class: 'inserted', n: 5 },
    ],
    [
      'of an old number given anew in a sink',
      () => [...a, entryOf(rewritten(5), 5)],
      { mayRepeat: true },
      { class: 'inserted', n: 5 },
    ],
    [
      'of a run that comes again, and is another',
      () => [...a, ...rewritten(5).slice(4)],
      { mayRepeat: true },
      { class: 'inserted', n: 9 },
    ],
    [
      'of a record of another subject',
      () => changed(a, 4, { ...entryOf(b, 4), log: LOG }),
      {},
      { class: 'inserted', n: 4 },
    ],
    ['of an end cut off', () => a.slice(0, 6), { tips: [tipOf(a, 7)] }, { class: 'truncated', n: 7 }],
    ['of a log removed', () => [], { tips: [tipOf(a, 7)] }, { class: 'truncated', n: 1 }],
    [
      'of all from one on rewritten',
      () => rewritten(4),
      { tips: [tipOf(a, 2), tipOf(a, 7)] },
      { class: 'forked', n: 7 },
    ],
    ['of the last one rewritten', () => rewritten(9), { tips: [tipOf(a, 9)] }, { class: 'forked', n: 9 }],
    [
      'of a history that grew anew',
      () => rewritten(4),
      { tips: [tipOf(a, 5), tipOf(rewritten(4), 9)] },
      { class: 'forked', n: 5 },
    ],
    [
      'of claims that contradict each other',
      () => a,
      { tips: [tipOf(rewritten(4), 6), tipOf(a, 6)] },
      { class: 'forked', n: 6 },
    ],
  ]
  test.each(cases)('%s is found', (_name, entries, given, found) => {
    expect(fault(entries(), given)).toEqual({ log: LOG, ...(found as object) })
  })

  test('that is not there: whoever rewrites what nobody vouches for is not found', () => {
    expect(fault(rewritten(4))).toBeUndefined()
    expect(fault(a.slice(0, 6), { tips: [tipOf(a, 5)] })).toBeUndefined()
  })

  test('that comes first is told, also where it takes long to know which it is', () => {
    const mixed = [...a.toSpliced(3, 1).slice(0, 5), ...changed(b, 2, { payload: 'x' }), ...a.slice(6), entryOf(a, 4)]
    expect(fault(mixed)).toEqual({ class: 'reordered', log: LOG, n: 4 })
  })

  test('of each log is told to who wants all', () => {
    const mixed = [...changed(a, 4, { payload: 'x' }), ...b.slice(0, 3), ...logOf('c', 3)]
    const { faults, records } = inspect(mixed, { tips: [tipOf(b)], all: true })
    expect(faults).toMatchObject([
      { class: 'edited', log: LOG, n: 4 },
      { class: 'truncated', log: 'door/b', n: 4 },
    ])
    // What comes behind the fault of a log is not looked at.
    expect(records).toBe(4 + 3 + 3)
  })

  test('of any byte changed, any record left out or moved, is found where the end is vouched for', () => {
    const harm = fc.oneof(
      fc.record({
        n: fc.integer({ min: 1, max: 9 }),
        part: fc.constantFrom('header', 'payload', 'hash'),
        at: fc.nat(),
      }),
      fc.record({ from: fc.integer({ min: 1, max: 9 }), to: fc.integer({ min: 0, max: 8 }) }),
    )
    fc.assert(
      fc.property(harm, fc.boolean(), (how, mayRepeat) => {
        const harmed = 'n' in how ? withByte(how.n, how.part as 'header', how.at) : moved(how.from, how.to)
        fc.pre(JSON.stringify(harmed) !== JSON.stringify(a))
        expect(inspect(harmed, { tips: [tipOf(a)], mayRepeat }).faults).toHaveLength(1)
      }),
      { numRuns: 500 },
    )
  })
})

function withByte(n: number, part: 'header' | 'payload' | 'hash', at: number): AuditEntry[] {
  const text = entryOf(a, n)[part]
  const place = at % text.length
  const other = text[place] === 'x' ? 'y' : 'x'
  return changed(a, n, { [part]: text.slice(0, place) + other + text.slice(place + 1) })
}

/** Record `from` taken out, and put behind `to` of the others; left out where that is 0. */
function moved(from: number, to: number): AuditEntry[] {
  const others = a.toSpliced(from - 1, 1)
  return to === 0 ? others : others.toSpliced(to, 0, entryOf(a, from))
}

describe('a copy that came again in a sink, and was not followed to the end', () => {
  const given = [...a, entryOf(a, 4), entryOf(a, 5)]
  function recheck(again: readonly AuditEntry[]): Findings {
    const inspector = new Inspector({ mayRepeat: true, all: false })
    for (const entry of again) inspector.see(entry)
    expect(inspector.hasUnfollowed).toBe(true)
    for (const entry of again) inspector.recheck(entry)
    return inspector.finish()
  }

  test('is true when it is the record that came first', () => {
    expect(recheck(given).faults).toEqual([])
  })

  test('is a fault when it is another', () => {
    expect(recheck([...a, entryOf(rewritten(5), 5)]).faults).toMatchObject([{ class: 'inserted', n: 5 }])
  })

  test('is a fault when nobody can look again', () => {
    expect(fault(given, { mayRepeat: true })).toEqual({ class: 'inserted', log: LOG, n: 5 })
  })
})

describe('a payload that was dropped', () => {
  const kim = { id: 'kim', roles: ['dpo'] }
  const redacting = logOf('a', 6, (n) =>
    n === 5
      ? { kind: 'redacted', records: [2, 3], actor: kim, reason: 'asked to' }
      : { kind: 'undone', flipId: 'f', step: `s${n}` },
  )
  const blank = (entries: readonly AuditEntry[], ...numbers: readonly number[]): AuditEntry[] =>
    numbers.reduce<AuditEntry[]>((all, n) => changed(all, n, { payload: '' }), [...entries])

  test('is no fault where a later record accounts for it', () => {
    expect(inspect(blank(redacting, 2, 3))).toMatchObject({ faults: [], redacted: 2 })
  })

  test('may be there in a copy that was made before', () => {
    expect(inspect(redacting)).toMatchObject({ faults: [], redacted: 0 })
    const twice = [...redacting.slice(0, 4), ...blank(redacting, 2, 3)]
    expect(inspect(twice, { mayRepeat: true })).toMatchObject({ faults: [], redacted: 2 })
  })

  test('is a fault where none does', () => {
    expect(fault(blank(redacting, 2, 4))).toEqual({ class: 'redacted', log: LOG, n: 4 })
    expect(fault(blank(a, 9, 3))).toEqual({ class: 'redacted', log: LOG, n: 3 })
  })

  test('is a fault in the very record that would account for others', () => {
    expect(fault(blank(redacting, 2, 5))).toEqual({ class: 'redacted', log: LOG, n: 2 })
  })
})
