import type { LogTip, SealedRecord } from '../ports/index.ts'
import { type CheckpointNote, parseCheckpoint } from './checkpoint.ts'
import { sha256 } from './digest.ts'
import { examine } from './examine.ts'
import { leafOf } from './heads.ts'
import { decoded, type Verifier } from './keys.ts'
import { rootBy } from './merkle.ts'
import { judgeNote, parseNote } from './note.ts'

/**
 * That a record is under a checkpoint: plain data, to be handed to somebody who has nothing but a verifier key. It shows
 * that record and the headers of later ones, and of all other logs nothing but hashes.
 */
export interface RecordProof {
  /** The signed note of the checkpoint. */
  readonly note: string
  /** The end of the log as the checkpoint names it, and its place among the others. */
  readonly tip: LogTip
  readonly index: number
  /** From the end of the log to the root, in base64. */
  readonly path: readonly string[]
  readonly record: SealedRecord
  /** From the record to the end of the log: the headers that follow, each naming the one before. */
  readonly headers: readonly string[]
}

/** What a proof shows. */
export type ProvenRecord =
  | {
      readonly type: 'proven'
      readonly log: string
      readonly n: number
      /** The number of the checkpoint, and the wall time in ms at which it was made: the record is not younger. */
      readonly seq: number
      readonly at: number
      /** Whether the payload is there. */
      readonly isRedacted: boolean
    }
  | { readonly type: 'unproven'; readonly problem: string }

/** Checks a proof against keys that are trusted, without anything else. */
export function examineProof(proof: RecordProof, trusted: readonly Verifier[]): ProvenRecord {
  if (!isProof(proof)) return unproven('it has not the form of a proof')
  const note = parseNote(proof.note)
  const said = note && parseCheckpoint(note.text)
  if (note === undefined || said === undefined) return unproven('the note is not that of a checkpoint')
  const keys = trusted.filter(({ name }) => name === said.origin)
  if (judgeNote(note, keys).type !== 'trusted') return unproven('no trusted key has signed the checkpoint')
  if (!isUnder(said, proof)) return unproven('the checkpoint is over other ends of logs')
  const { tip, record, headers } = proof
  const examined = examine({ log: tip.log, ...record })
  if (examined.type === 'broken') return unproven(examined.problem)
  const end = follow({ n: examined.n, hash: record.hash }, tip.log, headers)
  if (end?.n !== tip.n || end.hash !== tip.hash) return unproven('the headers do not lead to the end of the log')
  return { type: 'proven', log: tip.log, n: examined.n, seq: said.seq, at: said.at, isRedacted: examined.isBlank }
}

/** A proof comes from anybody. */
function isProof(proof: unknown): proof is RecordProof {
  const { note, tip, index, path, record, headers } = (proof ?? {}) as Partial<RecordProof>
  const texts = [note, tip?.log, tip?.hash, record?.header, record?.payload, record?.hash]
  const numbers = [tip?.n, index]
  return [...texts, ...listed(path), ...listed(headers)].every(isText) && numbers.every(Number.isSafeInteger)
}

/** The items of a list; of what is none, one that is no text. */
function listed(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : [undefined]
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed()
}

function isUnder({ root, size }: CheckpointNote, { tip, index, path }: RecordProof): boolean {
  const hashes = path.flatMap((base64) => decoded(base64) ?? [])
  const reached = hashes.length === path.length ? rootBy(leafOf(tip), index, size, hashes) : undefined
  return reached !== undefined && Buffer.from(reached).equals(root)
}

/** Where a chain of headers ends; `undefined` where it breaks. */
function follow(
  from: { readonly n: number; readonly hash: string },
  log: string,
  headers: readonly string[],
): { readonly n: number; readonly hash: string } | undefined {
  let last = from
  for (const header of headers) {
    const hash = sha256(header)
    // Without its payload a record is examined as if it had been dropped.
    const examined = examine({ log, header, payload: '', hash })
    if (examined.type === 'broken' || examined.n !== last.n + 1 || examined.prev !== last.hash) return undefined
    last = { n: examined.n, hash }
  }
  return last
}

function unproven(problem: string): ProvenRecord {
  return { type: 'unproven', problem }
}
