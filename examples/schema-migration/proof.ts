import type { Version } from './layout.ts'
import { CHUNKS, type Comparison } from './migration.ts'
import type { Account } from './writer.ts'

/** What was seen of a migration, from all sides. */
export interface Evidence {
  /** The rows as they were before. */
  readonly before: readonly Version[]
  /** The rows as they are now. */
  readonly after: readonly Version[]
  readonly accounts: readonly Account[]
  /** What the backfill has noted beside its rows, in the same transactions. */
  readonly progress: readonly { readonly chunk: number; readonly pid: number }[]
  /** What was found when old and new were compared for the last time. */
  readonly comparison: Comparison | undefined
  readonly adoptions: number
  readonly phase: string
  readonly columns: readonly string[]
}

export interface Finding {
  readonly holds: boolean
  readonly text: string
}

/** Judges a migration by what the database has acknowledged to the writers. */
export function judge(evidence: Evidence): readonly Finding[] {
  return [...rows(evidence), compared(evidence), chunks(evidence), ending(evidence)]
}

function rows({ before, after, accounts }: Evidence): readonly Finding[] {
  const writes = accounts.flatMap((account) => account.writes)
  const reads = accounts.flatMap((account) => account.reads)
  const [failure, ...more] = accounts.flatMap((account) => account.failures)
  const known = new Map([...before, ...writes].map((version) => [keyOf(version), version.name]))
  const kept = after.reduce((sum, { revision }) => sum + revision, 0)
  const isWrong = (row: Version): boolean => known.get(keyOf(row)) !== row.name
  const [lost, corrupt, misread] = [known.size - kept, after.filter(isWrong).length, reads.filter(isWrong).length]
  const isComplete = lost === 0 && known.size === before.length + writes.length
  return [
    finding(
      failure === undefined,
      failure === undefined ? 'no write and no read failed' : `${failure}, ${more.length} more`,
    ),
    finding(isComplete, `${writes.length} writes were acknowledged: ${lost} lost`),
    finding(corrupt === 0, `${after.length} rows are as their last writer left them: ${corrupt} corrupt`),
    finding(reads.length > 0 && misread === 0, `${reads.length} reads by the phase of their reader: ${misread} wrong`),
  ]
}

function compared({ comparison }: Evidence): Finding {
  if (comparison === undefined) return finding(false, 'old and new were never compared')
  const { rows, differing } = comparison
  return finding(differing === 0, `${rows} rows compared before the old column was let go: ${differing} differ`)
}

function chunks({ progress, adoptions }: Evidence): Finding {
  const filled = new Set(progress.map(({ chunk }) => chunk)).size
  const processes = new Set(progress.map(({ pid }) => pid)).size
  const twice = progress.length - filled
  const isWell = filled === CHUNKS && twice === 0 && processes === 2 && adoptions > 0
  return finding(
    isWell,
    `${filled} of ${CHUNKS} chunks filled by ${processes} processes, one of them killed: ${twice} twice`,
  )
}

function ending({ phase, columns }: Evidence): Finding {
  const isDone = phase === 'contracted' && !columns.includes('name')
  return finding(isDone, `the phase is "${phase}"; the columns are ${columns.join(', ')}`)
}

function finding(holds: boolean, text: string): Finding {
  return { holds, text }
}

/** Each write to a row has a revision of its own. */
function keyOf({ id, revision }: Version): string {
  return `${id}:${revision}`
}
