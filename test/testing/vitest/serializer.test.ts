import type { JournalRecord } from 'phasegate'
import { journalSerializer } from 'phasegate/testing/vitest'
import { expect, it } from 'vitest'

const record = (n: number, at: number): JournalRecord => ({
  ...{ n, at, epoch: 1, kind: 'undone', flipId: 'abc', step: `step ${n}` },
})

it('records are written one a line, also within others', () => {
  const records = [record(1, 10), record(2, 1_510)]
  expect(records).toMatchInlineSnapshot(`
    [
      1 +0s    flip-1 undone step 1, epoch-1
      2 +1s    flip-1 undone step 2
    ]
  `)
  expect({ of: { north: records } }).toMatchInlineSnapshot(`
    {
      "of": {
        "north": [
          1 +0s    flip-1 undone step 1, epoch-1
          2 +1s    flip-1 undone step 2
        ],
      },
    }
  `)
})

it('times are exact for whoever owns them', () => {
  const exact = journalSerializer({ times: 'exact' })
  expect(exact.serialize([record(1, 10), record(2, 1_510)], undefined, '')).toMatchInlineSnapshot(`
    "[
      1 +0s    flip-1 undone step 1, epoch-1
      2 +1s500ms flip-1 undone step 2
    ]"
  `)
})

it('what is no list of records is left to others', () => {
  const { test } = journalSerializer()
  expect(test([record(1, 1)])).toBe(true)
  for (const other of [[], [1], [{ n: 1 }], [{ ...record(1, 1), kind: 'toString' }], record(1, 1), 'text', undefined]) {
    expect(test(other)).toBe(false)
  }
})

it('an option that there is not is refused at once', () => {
  expect(() => journalSerializer({ times: 'never' as 'none' })).toThrow('times is "never"')
})
