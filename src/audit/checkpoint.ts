import { refuse } from '../base/index.ts'
import type { AuditCheckpoint, LogTip } from '../ports/index.ts'
import { sha256 } from './digest.ts'
import { Heads } from './heads.ts'
import { decoded, type NoteKey, parseKey } from './keys.ts'
import { HASH } from './merkle.ts'
import { parseNote, signNote } from './note.ts'

// C2SP tlog-checkpoint, with extension lines:
//   origin     the name of the keys
//   size       how many logs
//   root       base64, of the tree over their ends
//   seq N      1, 2, 3, ...
//   prev X     SHA-256 of the note before, in hex; `-` in the first
//   time T     ISO 8601
//   rotate I V where another key signs than before: the id of the former and the text of the new one

/** Who signs checkpoints: one key, and former ones, which vouch for it when it takes over. */
export interface Signer {
  readonly name: string
  readonly current: NoteKey
  readonly former: readonly NoteKey[]
}

/**
 * Signs checkpoints with `key`, a text of `newSigningKey`. To rotate, give the new key first and the old one behind it
 * until a checkpoint has been made: that one is signed by both. @throws OPTION_INVALID
 */
export function signer(key: string, ...former: readonly string[]): Signer {
  const current = parseKey(key, 'key')
  const { name } = current.verifier
  return {
    name,
    current,
    former: former.map((text) => {
      const old = parseKey(text, 'former key')
      return old.verifier.name === name
        ? old
        : refuse('former key', old.verifier.name, `a key of the same name, ${name}`)
    }),
  }
}

/** What a checkpoint's note says. */
export interface CheckpointNote {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly seq: number
  /** `undefined` in the first. */
  readonly prev: string | undefined
  /** Wall time in ms. */
  readonly at: number
  readonly rotate: { readonly from: string; readonly to: string } | undefined
}

/** What the next checkpoint goes on from. */
export interface CheckpointState {
  readonly seq: number
  /** SHA-256 of the last note, in hex. */
  readonly digest: string
  /** The id of the key that signed it. */
  readonly keyId: string
  /** `undefined` after a restart: the next checkpoint is complete. They go over to the next state. */
  readonly heads: Heads | undefined
}

/** A checkpoint, and what the next one goes on from. */
export interface MadeCheckpoint {
  readonly checkpoint: AuditCheckpoint
  readonly state: CheckpointState
}

/**
 * Makes the checkpoint that vouches for these ends of all logs, at wall time `at` in ms. `previous` is used up: there is
 * one next checkpoint, which has to reach its sink.
 */
export function makeCheckpoint(
  tips: Iterable<LogTip>,
  previous: CheckpointState | undefined,
  by: Signer,
  at: number,
): MadeCheckpoint {
  const { heads, changed, complete } = merge(tips, previous?.heads)
  const { verifier } = by.current
  const seq = (previous?.seq ?? 0) + 1
  const rotated = previous !== undefined && previous.keyId !== verifier.id
  const text = noteText({
    origin: by.name,
    size: heads.size,
    root: heads.root(),
    seq,
    prev: previous?.digest,
    at,
    rotate: rotated ? { from: previous.keyId, to: verifier.text } : undefined,
  })
  const former = by.former.filter((key) => rotated && key.verifier.id === previous.keyId)
  const note = signNote(text, [by.current, ...former])
  return {
    checkpoint: { note, changed, complete },
    state: { seq, digest: sha256(note), keyId: verifier.id, heads },
  }
}

/** What the next checkpoint goes on from when only the last note is left. @throws OPTION_INVALID */
export function resumeCheckpoints(note: string): CheckpointState {
  const parsed = parseNote(note)
  const said = parsed && parseCheckpoint(parsed.text)
  const keyId = parsed?.signatures[0]?.id
  if (said === undefined || keyId === undefined) return refuse('the last checkpoint', note, 'the note of a checkpoint')
  return { seq: said.seq, digest: sha256(note), keyId, heads: undefined }
}

/** The ends that are new; all of them where there was nothing to compare with, or where a log has vanished. */
function merge(
  tips: Iterable<LogTip>,
  before: Heads | undefined,
): { readonly heads: Heads; readonly changed: readonly LogTip[]; readonly complete: boolean } {
  const changed: LogTip[] = []
  const all: LogTip[] = []
  let met = 0
  for (const { log, n, hash } of tips) {
    const known = before?.get(log)
    const tip = { log, n, hash }
    all.push(tip)
    if (known !== undefined) met += 1
    if (known?.hash !== hash || known.n !== n) changed.push(tip)
  }
  const complete = before === undefined || met < before.size
  const heads = complete ? new Heads() : before
  heads.apply(complete ? all : changed)
  return { heads, changed: complete ? all : changed, complete }
}

function noteText({ origin, size, root, seq, prev, at, rotate }: CheckpointNote): string {
  const lines = [
    origin,
    size,
    Buffer.from(root).toString('base64'),
    `seq ${seq}`,
    `prev ${prev ?? '-'}`,
    `time ${new Date(at).toISOString()}`,
    ...(rotate === undefined ? [] : [`rotate ${rotate.from} ${rotate.to}`]),
  ]
  return `${lines.join('\n')}\n`
}

/** What the text of a note says; `undefined` where it is not that of a checkpoint. Lines that come later may be anything. */
export function parseCheckpoint(text: string): CheckpointNote | undefined {
  const [origin = '', size = '', base64 = '', ...more] = text.slice(0, -1).split('\n')
  const root = decoded(base64)
  const extensions = /^seq ([1-9]\d*)\nprev ([0-9a-f]{64}|-)\ntime (\S+)(?:\nrotate ([0-9a-f]{8}) (\S+))?(?:\n|$)/
  const [, seq, prev, time, from, to] = extensions.exec(more.join('\n')) ?? []
  const at = time === undefined ? Number.NaN : Date.parse(time)
  if (origin === '' || !/^(?:0|[1-9]\d*)$/.test(size) || root?.length !== HASH) return undefined
  if (seq === undefined || !Number.isSafeInteger(Number(seq)) || Number.isNaN(at)) return undefined
  return {
    origin,
    size: Number(size),
    root,
    seq: Number(seq),
    prev: prev === '-' ? undefined : prev,
    at,
    rotate: from === undefined || to === undefined ? undefined : { from, to },
  }
}
