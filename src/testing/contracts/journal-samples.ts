import assert from 'node:assert/strict'
import { type ErrorCode, isPhasegateError } from '../../base/index.ts'
import type {
  Append,
  FlipState,
  Head,
  Journal,
  JournalRecord,
  SealedRecord,
  Settled,
  SubjectRef,
} from '../../ports/index.ts'

export const SUBJECT: SubjectRef = { chart: 'contract', id: 'one' }
export const TTL_MS = 400

const STAMP = { version: 1, fingerprint: 'f' }

/** A head at rest. */
export function headOf(version: number, epoch: number, changes: Partial<Head> = {}): Head {
  const nothing = { timers: [], flip: undefined, rolledBack: undefined, approvals: undefined }
  return { version, epoch, chart: STAMP, phase: `p${version}`, since: 1, ...nothing, ...changes }
}

/** What a head may remember of a subject. */
export const REMEMBERED: Pick<Head, 'rolledBack' | 'approvals'> = {
  rolledBack: [{ flip: 'go', at: 3 }],
  approvals: [{ flip: 'go', fingerprint: 'f', actor: { id: 'lee', roles: ['sre'] }, at: 4, until: 5 }],
}

/** A flip in progress. */
export function flipOf(changes: Partial<FlipState> = {}): FlipState {
  return {
    id: 'flip-1',
    flip: 'go',
    from: 'a',
    to: 'b',
    input: { why: 'because', deep: [1, null, 'x'] },
    key: 'k',
    fingerprint: 'f',
    attempt: 1,
    actor: { id: 'kim', roles: ['sre'] },
    owner: 'me',
    requestedAt: 1,
    deadline: 2,
    trace: undefined,
    done: [{ step: 'first', output: { n: 1 } }],
    doubt: 'second',
    confirmed: false,
    cancel: undefined,
    course: { type: 'forward' },
    ...changes,
  }
}

/** The outcome of a flip. */
export function settledOf(key: string, flipId: string, attempt = 1): Settled {
  const outcome = { type: 'committed', outputs: { first: { n: 1 } } } as const
  return { key, fingerprint: 'f', flipId, flip: 'go', attempt, from: 'a', to: 'b', epoch: 1, at: 1, outcome }
}

/** A record of number `n`. */
export function recordOf(n: number, epoch = 1): JournalRecord {
  return { n, at: n * 10, epoch, kind: 'stepped', flipId: 'flip-1', step: `s${n}`, output: { n } }
}

/** An append of one record upon `version`, at an epoch that stays. */
export function appendOf(version: number, changes: Partial<Append> = {}): Append {
  const epoch = changes.head?.epoch ?? 1
  return {
    expected: { version, epoch: version === 0 ? 0 : 1 },
    records: [recordOf(version + 1, epoch)],
    head: headOf(version + 1, epoch),
    lease: 'release',
    settled: undefined,
    forget: undefined,
    drop: undefined,
    claim: undefined,
    opId: `op-${version}-${Math.random()}`,
    ...changes,
  }
}

/** Appends `count` single records to a subject never written. */
export async function fill(journal: Journal, subject: SubjectRef, count: number): Promise<void> {
  for (let version = 0; version < count; version++) await journal.append(subject, appendOf(version))
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** The numbers of sealed records, as their headers give them. */
export function numbers(records: readonly SealedRecord[]): readonly number[] {
  return records.map(({ header }) => (JSON.parse(header) as { readonly n: number }).n)
}

export async function refusesWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isPhasegateError(error, code), `${code} was expected, found ${String(error)}`)
    return true
  })
}

/** Compares by what JSON keeps: a member that is undefined is as good as absent. */
export function same(found: unknown, wanted: unknown): void {
  assert.deepEqual(plain(found), plain(wanted))
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** Names that a careless store would confuse, or trip over. */
export const NAMES: readonly SubjectRef[] = [
  { chart: 'a', id: 'b/c' },
  { chart: 'a/b', id: 'c' },
  { chart: 'a%2Fb', id: 'c' },
  { chart: 'ab', id: 'c' },
  { chart: 'a', id: 'bc' },
  { chart: 'c', id: '../../../etc/passwd' },
  { chart: 'c', id: '..' },
  { chart: 'c', id: '.' },
  { chart: 'c', id: '/' },
  { chart: 'c', id: 'nul\0byte' },
  { chart: 'c', id: 'nul' },
  { chart: 'c', id: 'line\nfeed' },
  { chart: 'c', id: 'line\\nfeed' },
  { chart: 'c', id: 'é' },
  { chart: 'c', id: 'e\u0301' },
  { chart: 'c', id: '🚦' },
  { chart: 'c', id: 'A' },
  { chart: 'c', id: 'a' },
  { chart: 'c', id: ' a' },
  { chart: '__proto__', id: 'constructor' },
  { chart: 'constructor', id: '__proto__' },
  { chart: 'c', id: 'x'.repeat(255) },
  { chart: 'c', id: `${'x'.repeat(254)}y` },
]
