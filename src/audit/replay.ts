import type { AuditCheckpoint, LogTip } from '../ports/index.ts'
import { type CheckpointNote, parseCheckpoint } from './checkpoint.ts'
import { sha256 } from './digest.ts'
import { CHECKPOINTS, type Fault, type FaultClass } from './fault.ts'
import { Heads } from './heads.ts'
import { readVerifier, type Verifier } from './keys.ts'
import { judgeNote, type Note, parseNote } from './note.ts'

/** The newest of the checkpoints that hold. */
export interface NewestCheckpoint {
  readonly seq: number
  /** Wall time in ms. */
  readonly at: number
  readonly note: string
}

interface Read {
  readonly note: Note
  readonly text: string
  readonly digest: string
  readonly said: CheckpointNote
}

type Order =
  | { readonly type: 'next' }
  /** It is known. */
  | { readonly type: 'same' }
  /** Made beside the last one, from the same predecessor. */
  | { readonly type: 'twin' }
  /** Made beside one that is long past. */
  | { readonly type: 'late' }
  | { readonly type: 'stale'; readonly n: number; readonly problem: string }

/**
 * Follows checkpoints, oldest first: whether they join, are signed by a trusted key or lead to one that is, and are signed
 * over the ends of logs that come with them. What hands over to another key is trusted to do so.
 */
export class Replay {
  readonly #trusted: Verifier[]
  readonly #isTrusting: boolean
  readonly #digests = new Map<number, string[]>()
  #last: Read | undefined
  /** `undefined` before the first, and where one is missing, until a complete one comes. */
  #heads: Heads | undefined
  #newestTrusted: NewestCheckpoint | undefined
  #count = 0
  #spoilt: Fault | undefined
  #stale: Fault | undefined

  /** @param trusted none: no signature is looked at, and nothing is anchored */
  constructor(trusted: readonly Verifier[]) {
    this.#trusted = [...trusted]
    this.#isTrusting = trusted.length > 0
  }

  /** Takes the next checkpoint, and gives the ends of logs that it vouches for anew. */
  add(checkpoint: AuditCheckpoint): { readonly said: CheckpointNote; readonly tips: readonly LogTip[] } | undefined {
    if (this.#spoilt !== undefined) return undefined
    const expected = (this.#last?.said.seq ?? 0) + 1
    const read = readNote(checkpoint.note)
    if (read === undefined) return this.#spoil('edited', expected, 'it is not the note of a checkpoint')
    const order = this.#orderOf(read, checkpoint.complete)
    if (order.type === 'same') return undefined
    if (order.type === 'stale') this.#stale ??= fault('stale', order.n, order.problem)
    if (!this.#judge(read, order)) return undefined
    const heads = this.#replay(read, checkpoint, order)
    if (this.#spoilt !== undefined) return undefined
    this.#count += 1
    this.#digests.set(read.said.seq, [...(this.#digests.get(read.said.seq) ?? []), read.digest])
    if (order.type !== 'late') {
      this.#last = read
      this.#heads = heads
    }
    return heads && { said: read.said, tips: checkpoint.changed }
  }

  /** What is wrong with the checkpoints, so far as they were given; `undefined` when nothing is. */
  spoilt(): Fault | undefined {
    const last = this.#last?.said.seq
    if (this.#spoilt !== undefined || !this.#isTrusting || last === undefined) return this.#spoilt
    const trusted = this.#newestTrusted?.seq ?? 0
    return trusted < last
      ? fault('edited', trusted + 1, 'no trusted key has signed it, or one that follows it')
      : undefined
  }

  /** Why they do not tell what is now. `maxAgeMs`: how long ago the newest may be. */
  stale(now: number, maxAgeMs: number): Fault | undefined {
    if (this.#stale !== undefined) return this.#stale
    const { newest } = this
    if (!Number.isFinite(maxAgeMs) || (newest !== undefined && now - newest.at <= maxAgeMs)) return undefined
    if (newest === undefined) return fault('stale', 1, 'there is none')
    return fault('stale', newest.seq, `it is the newest, and from ${new Date(newest.at).toISOString()}`)
  }

  get count(): number {
    return this.#count
  }

  /** By a trusted key, where there are any. */
  get newest(): NewestCheckpoint | undefined {
    if (this.#isTrusting) return this.#newestTrusted
    return this.#last && { seq: this.#last.said.seq, at: this.#last.said.at, note: this.#last.text }
  }

  /** Whether a trusted key vouches. */
  get isAnchored(): boolean {
    return this.#newestTrusted !== undefined
  }

  /** What the newest vouches for. */
  get heads(): Heads | undefined {
    return this.#heads
  }

  #orderOf({ said, digest }: Read, isComplete: boolean): Order {
    const { seq, prev } = said
    const last = this.#last?.said
    if (this.#digests.get(seq)?.includes(digest)) return { type: 'same' }
    if (last === undefined) {
      if (isComplete) return { type: 'next' }
      return { type: 'stale', n: seq, problem: 'it is the first, and tells only what has changed since the one before' }
    }
    if (seq > last.seq + 1) return { type: 'stale', n: last.seq + 1, problem: `it is missing; the next one is ${seq}` }
    if (seq < last.seq) return { type: 'late' }
    if (seq === last.seq && prev === last.prev) return { type: 'twin' }
    if (seq === last.seq + 1 && this.#digests.get(last.seq)?.includes(prev ?? '')) return { type: 'next' }
    return { type: 'stale', n: seq, problem: `it does not follow checkpoint ${seq - 1} as it stands` }
  }

  /** Looks at the signatures; false when they spoil everything. */
  #judge({ note, text, said }: Read, order: Order): boolean {
    const { seq, origin } = said
    if (this.#last !== undefined && this.#last.said.origin !== origin)
      return this.#spoils('edited', seq, `it is of ${origin}, not of ${this.#last.said.origin}`)
    const trust = judgeNote(
      note,
      this.#trusted.filter(({ name }) => name === origin),
    )
    if (trust.type === 'forged') return this.#spoils('edited', seq, `it is not what key ${trust.by.id} has signed`)
    // What follows it vouches for one that an unknown key has signed; for one beside the others nothing does.
    if (trust.type === 'unknown' && this.#isTrusting && isBeside(order))
      return this.#spoils('edited', seq, 'there are two of this number, and no trusted key has signed this one')
    if (trust.type === 'trusted') {
      if (said.rotate !== undefined && !this.#rotate(note, said.rotate))
        return this.#spoils('edited', seq, 'the key that takes over has not signed it')
      if (order.type !== 'late') this.#newestTrusted = { seq, at: said.at, note: text }
    }
    return true
  }

  /** Trusts the new key instead of the old one. The note is by one of the two. */
  #rotate(note: Note, { from, to }: { readonly from: string; readonly to: string }): boolean {
    const next = readVerifier(to)
    if (next === undefined || judgeNote(note, [next]).type !== 'trusted') return false
    const others = this.#trusted.filter(({ name, id }) => name !== next.name || (id !== from && id !== next.id))
    this.#trusted.splice(0, this.#trusted.length, ...others, next)
    return true
  }

  /** The ends of the logs at this checkpoint; `undefined` where they cannot be known. */
  #replay({ said }: Read, { changed, complete }: AuditCheckpoint, order: Order): Heads | undefined {
    const { seq, size, root } = said
    if (!complete && order.type === 'late') return this.#spoil('forked', seq, 'there are two of this number')
    if (!complete && order.type === 'stale') return undefined
    const heads = complete ? new Heads() : this.#heads
    heads?.apply(changed)
    if (heads === undefined || (heads.size === size && Buffer.from(root).equals(heads.root()))) return heads
    return isBeside(order)
      ? this.#spoil('forked', seq, 'there are two of this number, which vouch for different things')
      : this.#spoil('edited', seq, 'it was signed over other ends of logs than those that come with it')
  }

  #spoils(kind: FaultClass, seq: number, problem: string): false {
    this.#spoil(kind, seq, problem)
    return false
  }

  #spoil(kind: FaultClass, seq: number, problem: string): undefined {
    this.#spoilt ??= fault(kind, seq, problem)
  }
}

function isBeside({ type }: Order): boolean {
  return type === 'twin' || type === 'late'
}

function fault(kind: FaultClass, seq: number, problem: string): Fault {
  return { class: kind, log: CHECKPOINTS, n: seq, problem }
}

function readNote(text: string): Read | undefined {
  const note = parseNote(text)
  const said = note && parseCheckpoint(note.text)
  return said && { note, text, digest: sha256(text), said }
}
