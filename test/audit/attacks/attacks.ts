import type { AuditCheckpoint, FaultClass, VerifyOptions, VerifyReport } from 'phasegate/audit'
import { newSigningKey, sha256 } from '../../../src/audit/index.ts'
import type { AuditEntry } from '../../../src/ports/index.ts'
import { forged, placeOf, type Rows, rewritten, rowOf, without, withRow } from './rows.ts'
import { AT, BACK, checkpointsOver, FRONT, KEY, type Site } from './site.ts'

/** What an attacker leaves behind, and what the auditor asks. */
interface Scene {
  readonly rows?: Rows
  readonly checkpoints?: readonly AuditCheckpoint[]
  readonly options?: VerifyOptions
}

/** Something that is done to a trail, and what is found. The table in docs/audit.md is made of these. */
export interface Attack {
  readonly what: string
  readonly does: (site: Site) => Scene
  readonly verdict: VerifyReport['verdict']
  readonly found?: readonly [kind: FaultClass, log: string, n: number]
  /** What the finding rests on, or what there is to do where nothing is found. */
  readonly because: string
}

const HOUR = 3_600_000
const intruder = newSigningKey('example.com/doors')
/** An hour after the last checkpoint, to somebody who wants one every two hours. */
const AGED: VerifyOptions = { maxAge: '2h', now: (AT.at(-1) ?? 0) + HOUR }
const last = (rows: Rows): AuditEntry => rowOf(rows, FRONT, 20)

function resealed(rows: Rows, n: number): Rows {
  return withRow(rows, FRONT, n, forged(rowOf(rows, FRONT, n), n === 1 ? undefined : rowOf(rows, FRONT, n - 1).hash))
}

function appended(rows: Rows, kind: string, payload: string): Rows {
  const { header, n } = last(rows)
  const members = { ...JSON.parse(header), kind, n: n + 1, payload: sha256(payload) }
  const { prev: _, t, v, ...rest } = members
  const text = JSON.stringify({ ...rest, prev: last(rows).hash, t, v })
  return [...rows, { log: FRONT, n: n + 1, header: text, payload, hash: sha256(text) }]
}

function swapped(rows: Rows): Rows {
  const [four, five] = [rowOf(rows, FRONT, 4), rowOf(rows, FRONT, 5)]
  return rows.with(placeOf(rows, FRONT, 4), five).with(placeOf(rows, FRONT, 5), four)
}

const EDITS: readonly Attack[] = [
  {
    what: 'a payload is edited',
    does: ({ rows }) => ({ rows: withRow(rows, FRONT, 4, { payload: '{"body":{},"salt":""}' }) }),
    verdict: 'bad',
    found: ['edited', FRONT, 4],
    because: 'the header holds its digest',
  },
  {
    what: 'a header is edited',
    does: ({ rows }) => ({
      rows: withRow(rows, FRONT, 4, { header: rowOf(rows, FRONT, 4).header.replace('"epoch":2', '"epoch":3') }),
    }),
    verdict: 'bad',
    found: ['edited', FRONT, 4],
    because: 'the hash is over its bytes',
  },
  {
    what: 'a record is edited and sealed anew',
    does: ({ rows }) => ({ rows: resealed(rows, 4) }),
    verdict: 'bad',
    found: ['edited', FRONT, 5],
    because: 'the next record names another one before it; of the two, the second is named',
  },
  {
    what: 'the same, of a record that a checkpoint names',
    does: ({ rows }) => ({ rows: resealed(rows, 6) }),
    verdict: 'bad',
    found: ['edited', FRONT, 6],
    because: 'the checkpoint tells which of the two it is',
  },
  {
    what: 'a record is deleted',
    does: ({ rows }) => ({ rows: without(rows, FRONT, 4, 4) }),
    verdict: 'bad',
    found: ['deleted', FRONT, 4],
    because: 'its number is missing',
  },
  {
    what: 'a record is inserted',
    does: ({ rows }) => ({
      rows: rows.toSpliced(placeOf(rows, FRONT, 5), 0, forged(rowOf(rows, FRONT, 5), rowOf(rows, FRONT, 4).hash)),
    }),
    verdict: 'bad',
    found: ['inserted', FRONT, 5],
    because: 'two have its number',
  },
  {
    what: 'two records are swapped',
    does: ({ rows }) => ({ rows: swapped(rows) }),
    verdict: 'bad',
    found: ['reordered', FRONT, 4],
    because: 'the missing one comes later',
  },
  {
    what: 'a record of another subject is put in the place of one',
    does: ({ rows }) => ({ rows: withRow(rows, FRONT, 4, { ...rowOf(rows, BACK, 4), log: FRONT }) }),
    verdict: 'bad',
    found: ['inserted', FRONT, 4],
    because: 'the header names its log',
  },
  {
    what: 'a payload is blanked',
    does: ({ rows }) => ({ rows: withRow(rows, FRONT, 4, { payload: '' }) }),
    verdict: 'bad',
    found: ['redacted', FRONT, 4],
    because: 'no `redacted` record says by whom and why',
  },
  {
    what: 'a payload is blanked, and a `redacted` record is made up',
    does: ({ rows }) => ({
      rows: appended(withRow(rows, FRONT, 4, { payload: '' }), 'redacted', '{"body":{"records":[4]},"salt":""}'),
    }),
    verdict: 'ok',
    because: '**not found**: whoever can write can add. It stands in the log, under a name, for all to see',
  },
]

const CUTS: readonly Attack[] = [
  {
    what: 'the end is cut off, before the newest checkpoint',
    does: ({ rows }) => ({ rows: without(rows, FRONT, 15, 20) }),
    verdict: 'bad',
    found: ['truncated', FRONT, 15],
    because: 'the checkpoint vouches for 18 records',
  },
  {
    what: 'the end is cut off, after the newest checkpoint',
    does: ({ rows }) => ({ rows: without(rows, FRONT, 19, 20) }),
    verdict: 'ok',
    because: '**not found**: nobody vouches for it yet. Make checkpoints often; a sink elsewhere still has it',
  },
  {
    what: 'a subject is removed',
    does: ({ rows }) => ({ rows: without(rows, BACK, 1, 6) }),
    verdict: 'bad',
    found: ['truncated', BACK, 1],
    because: 'the checkpoints vouch for its records',
  },
  {
    what: 'a record is added at the end',
    does: ({ rows }) => ({ rows: appended(rows, 'forced', '{"body":{},"salt":""}') }),
    verdict: 'ok',
    because: '**not found**: whoever can write can add; that a chain holds does not say who wrote it',
  },
]

const REWRITES: readonly Attack[] = [
  {
    what: 'a log is rewritten from a record on, without the key',
    does: ({ rows }) => ({ rows: rewritten(rows, FRONT, 4) }),
    verdict: 'bad',
    found: ['forked', FRONT, 6],
    because: 'it holds in itself; the first checkpoint after the change names another hash',
  },
  {
    what: 'a log is rewritten from a record on, after the newest checkpoint',
    does: ({ rows }) => ({ rows: rewritten(rows, FRONT, 19) }),
    verdict: 'ok',
    because: '**not found**: nobody vouches for it yet',
  },
  {
    what: 'a log is rewritten, and nobody has checkpoints',
    does: ({ rows }) => ({ rows: rewritten(rows, FRONT, 4), options: { checkpoints: undefined, keys: undefined } }),
    verdict: 'ok-unanchored',
    because: '**not found**: that is what the verdict says',
  },
  {
    what: 'a log and all checkpoints are rewritten, signed with another key',
    does: ({ rows }) => {
      const mine = rewritten(rows, FRONT, 4)
      return { rows: mine, checkpoints: checkpointsOver(mine, intruder.key) }
    },
    verdict: 'bad',
    found: ['edited', 'checkpoints', 1],
    because: 'no trusted key has signed them',
  },
  {
    what: 'the same, with the stolen key',
    does: ({ rows }) => {
      const mine = rewritten(rows, FRONT, 4)
      return { rows: mine, checkpoints: checkpointsOver(mine, KEY.key) }
    },
    verdict: 'ok',
    because: '**not found**: keep checkpoints where who has the key cannot write',
  },
  {
    what: 'the same, and one old checkpoint is left somewhere',
    does: ({ rows, checkpoints }) => {
      const mine = rewritten(rows, FRONT, 4)
      return { rows: mine, checkpoints: [...checkpointsOver(mine, KEY.key), ...checkpoints.slice(0, 1)] }
    },
    verdict: 'bad',
    found: ['forked', FRONT, 6],
    because: 'both are signed, and vouch for different records',
  },
  {
    what: 'records and checkpoints are put back to an earlier state',
    does: ({ rows, checkpoints }) => ({
      rows: without(without(rows, FRONT, 13, 20), BACK, 5, 6),
      checkpoints: checkpoints.slice(0, 2),
    }),
    verdict: 'ok',
    because: '**not found** by itself: ask with `maxAge`, as in the next line',
  },
  {
    what: 'the same, and the auditor asks for a young checkpoint',
    does: ({ rows, checkpoints }) => ({
      rows: without(without(rows, FRONT, 13, 20), BACK, 5, 6),
      checkpoints: checkpoints.slice(0, 2),
      options: { maxAge: '1h', now: AGED.now },
    }),
    verdict: 'bad',
    found: ['stale', 'checkpoints', 2],
    because: 'the newest that is left is too old',
  },
]

const DROPPED: readonly Attack[] = [
  {
    what: 'a checkpoint in the middle is dropped',
    does: ({ checkpoints }) => ({ checkpoints: checkpoints.toSpliced(1, 1) }),
    verdict: 'bad',
    found: ['stale', 'checkpoints', 2],
    because: 'its number is missing, and the next one names it',
  },
  {
    what: 'a checkpoint is edited',
    does: ({ checkpoints }) => ({
      checkpoints: checkpoints.map((one) => ({ ...one, note: one.note.replace('T09', 'T19') })),
    }),
    verdict: 'bad',
    found: ['edited', 'checkpoints', 2],
    because: 'its signature does not hold',
  },
  {
    what: 'heads that come with a checkpoint are edited',
    does: ({ checkpoints }) => ({
      checkpoints: checkpoints.with(1, { ...checkpoints[1], changed: [] } as AuditCheckpoint),
    }),
    verdict: 'bad',
    found: ['edited', 'checkpoints', 2],
    because: 'the signed root is over others',
  },
  {
    what: 'the newest checkpoint is dropped',
    does: ({ checkpoints }) => ({ checkpoints: checkpoints.slice(0, -1) }),
    verdict: 'ok',
    because: '**not found** by itself, but the uncovered tail grows: ask with `maxAge`',
  },
  {
    what: 'the same, and the auditor asks for a young one',
    does: ({ checkpoints }) => ({ checkpoints: checkpoints.slice(0, -1), options: { maxAge: '1h', now: AGED.now } }),
    verdict: 'bad',
    found: ['stale', 'checkpoints', 2],
    because: 'the newest that is left is too old',
  },
  {
    what: 'all checkpoints are dropped',
    does: () => ({ checkpoints: [] }),
    verdict: 'ok-unanchored',
    because: 'it is never `ok` without one',
  },
  {
    what: 'the same, and the auditor asks for a young one',
    does: () => ({ checkpoints: [], options: AGED }),
    verdict: 'bad',
    found: ['stale', 'checkpoints', 1],
    because: 'there is none',
  },
]

export const ATTACKS: readonly Attack[] = [...EDITS, ...CUTS, ...REWRITES, ...DROPPED]

/** The table as the documentation has it. */
export function attackTable(): string {
  const lines = ATTACKS.map(({ what, verdict, found, because }) => {
    const place = found === undefined ? '–' : `\`${found[0]}\``
    return `| ${what} | ${place} | \`${verdict}\` | ${because} |`
  })
  return ['| done | found as | verdict | because |', '|---|---|---|---|', ...lines].join('\n')
}
