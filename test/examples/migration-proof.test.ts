import { expect, test } from 'vitest'
import { CHUNKS } from '../../examples/schema-migration/migration.ts'
import { type Evidence, judge } from '../../examples/schema-migration/proof.ts'

const progress = Array.from({ length: CHUNKS }, (_, index) => ({ chunk: index + 1, pid: index < 5 ? 1 : 2 }))
const account = {
  writes: [{ id: 1, revision: 2, name: 'Kim Two' }],
  reads: [{ id: 1, revision: 2, name: 'Kim Two' }],
  failures: [],
}
const good: Evidence = {
  before: [{ id: 1, revision: 1, name: 'Kim One' }],
  after: [{ id: 1, revision: 2, name: 'Kim Two' }],
  accounts: [account],
  progress,
  comparison: { rows: 1, differing: 0 },
  adoptions: 1,
  phase: 'contracted',
  columns: ['id', 'given_name', 'family_name'],
}

function faults(changes: Partial<Evidence>): readonly string[] {
  return judge({ ...good, ...changes })
    .filter(({ holds }) => !holds)
    .map(({ text }) => text)
}

test('a migration of which everything holds is found so', () => {
  expect(faults({})).toEqual([])
})

test.for<[fault: string, changes: Partial<Evidence>, found: string]>([
  ['a write that failed', { accounts: [{ ...account, failures: ['no such column'] }] }, 'no such column, 0 more'],
  [
    'a write that was acknowledged and is not there',
    { accounts: [{ ...account, writes: [...account.writes, { id: 1, revision: 3, name: 'Kim Two' }] }] },
    '2 writes were acknowledged: 1 lost',
  ],
  [
    'two writes that were acknowledged as one',
    { accounts: [{ ...account, writes: [...account.writes, ...account.writes] }] },
    '2 writes were acknowledged: 0 lost',
  ],
  [
    'a row that is not as it was written',
    { after: [{ id: 1, revision: 2, name: 'Kim One' }] },
    '1 rows are as their last writer left them: 1 corrupt',
  ],
  [
    'a read of what nobody wrote',
    { accounts: [{ ...account, reads: [{ id: 1, revision: 2, name: 'Kim One' }] }] },
    '1 reads by the phase of their reader: 1 wrong',
  ],
  [
    'old and new that differ',
    { comparison: { rows: 1, differing: 1 } },
    '1 rows compared before the old column was let go: 1 differ',
  ],
  ['no comparison', { comparison: undefined }, 'old and new were never compared'],
  [
    'a chunk that was filled twice',
    { progress: [...progress, { chunk: 1, pid: 2 }] },
    '12 of 12 chunks filled by 2 processes, one of them killed: 1 twice',
  ],
  [
    'a chunk that was never filled',
    { progress: progress.slice(1) },
    '11 of 12 chunks filled by 2 processes, one of them killed: 0 twice',
  ],
  [
    'an old column that is still there',
    { columns: ['id', 'name'] },
    'the phase is "contracted"; the columns are id, name',
  ],
])('the proof of a migration finds %s', ([, changes, found]) => {
  expect(faults(changes)).toContain(found)
})
