import { examineProof, logName, type ProvenRecord, parseVerifier, type RecordProof, Replay } from '../audit/index.ts'
import { known, PhasegateError, positiveInteger, refuse } from '../base/index.ts'
import type { AuditCheckpoint, SealedRecord, SubjectRef } from '../ports/index.ts'
import { readCheckpoints } from './files/index.ts'
import type { AuditedJournal } from './sources.ts'

export interface ProveOptions {
  /** Where the record is. */
  readonly journal: Pick<AuditedJournal, 'history'>
  /** A file of `fileCheckpoints`, or the checkpoints themselves, oldest first: from a complete one on. */
  readonly checkpoints: string | Iterable<AuditCheckpoint> | AsyncIterable<AuditCheckpoint>
  readonly subject: SubjectRef
  /** The number of the record. */
  readonly n: number
}

/**
 * Proves that a record is under the newest checkpoint, for somebody who sees nothing else of the journal. As long as the
 * log is from that record on; `checkProof` tells what it is worth.
 *
 * @throws RECORD_NOT_FOUND where there is no such record, or no checkpoint is over it; OPTION_INVALID
 */
export async function prove(options: ProveOptions): Promise<RecordProof> {
  known(options, 'prove options', ['journal', 'checkpoints', 'subject', 'n'])
  const { journal, checkpoints, subject } = options
  const n = positiveInteger(options.n, 'n')
  if (typeof subject?.chart !== 'string' || typeof subject.id !== 'string')
    refuse('subject', subject, 'a chart and an id')
  const log = logName(subject)
  const { replay, note } = await replayed(checkpoints)
  const found = replay.heads?.pathOf(log)
  if (found === undefined || found.tip.n < n) throw notFound(subject, n, found?.tip.n)
  const [record, ...later] = await recordsOf(journal, subject, n, found.tip.n)
  if (record === undefined) throw notFound(subject, n, 0)
  return {
    note,
    tip: found.tip,
    index: found.index,
    path: found.path.map((hash) => Buffer.from(hash).toString('base64')),
    record: { header: record.header, payload: record.payload, hash: record.hash },
    headers: later.map(({ header }) => header),
  }
}

/**
 * What a proof shows to who trusts these verifier keys: the record, that it was there when the checkpoint was made, and
 * nothing of what came later. @throws OPTION_INVALID
 */
export function checkProof(proof: RecordProof, keys: readonly string[]): ProvenRecord {
  if (!Array.isArray(keys)) refuse('keys', keys, 'a list of verifier keys')
  return examineProof(
    proof,
    keys.map((key) => parseVerifier(key, 'keys')),
  )
}

async function replayed(
  checkpoints: ProveOptions['checkpoints'],
): Promise<{ readonly replay: Replay; readonly note: string }> {
  const replay = new Replay([])
  let note = ''
  for await (const checkpoint of typeof checkpoints === 'string' ? readCheckpoints(checkpoints) : checkpoints) {
    if (replay.add(checkpoint) !== undefined) note = replay.newest?.note ?? note
  }
  const problem = replay.spoilt()?.problem
  if (problem !== undefined) refuse('checkpoints', problem, 'checkpoints that hold: verify them')
  return { replay, note }
}

async function recordsOf(
  journal: ProveOptions['journal'],
  subject: SubjectRef,
  from: number,
  to: number,
): Promise<readonly SealedRecord[]> {
  const records: SealedRecord[] = []
  for await (const record of journal.history(subject, { from, to })) records.push(record)
  return records
}

function notFound({ chart, id }: SubjectRef, n: number, last = 0): PhasegateError<'RECORD_NOT_FOUND'> {
  const subject = logName({ chart, id })
  const message = `no checkpoint is over record ${n} of ${subject}; the newest is over ${last}`
  return new PhasegateError('RECORD_NOT_FOUND', message, { subject, from: n, to: n })
}
