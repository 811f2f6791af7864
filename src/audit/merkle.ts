import { sha256Bytes } from './digest.ts'

// The Merkle tree of RFC 6962, section 2.1. To split at the largest power of two is the same as to pair neighbours from
// the left, level by level, and to carry one that has no neighbour up as it is. So a level is one run of hashes.

/** Bytes of a hash. */
export const HASH = 32

/** The levels of a tree, each a run of hashes: the leaves first, the root alone in the last. None for no leaves. */
export type Levels = readonly Uint8Array[]

const NODE_PREFIX = 0x01
const node = Buffer.alloc(1 + 2 * HASH, NODE_PREFIX)

/** The hash of a leaf that holds `text` (as UTF-8). */
export function leafHash(text: string): Uint8Array {
  return sha256Bytes(`\0${text}`)
}

/** The root over no leaves at all. */
export const EMPTY_ROOT: Uint8Array = sha256Bytes('')

/** The tree over leaves that are given by their hashes, one after the other. */
export function treeOver(leaves: Uint8Array): Levels {
  return mendTree([], leaves, [], 0)
}

/**
 * The tree over `leaves`, from one of which only leaves of the indices in `changed` (growing) and those from index `from`
 * on differ: only what is above them is hashed again. The levels of `before` are written over, or used as they are.
 */
export function mendTree(
  before: Levels,
  leaves: Uint8Array,
  changed: readonly number[],
  from: number,
): readonly Uint8Array[] {
  const levels: Uint8Array[] = leaves.length === 0 ? [] : [leaves]
  let dirty = changed.filter((index) => index < from)
  let first = from
  for (let below = leaves; below.length > HASH; ) {
    const size = Math.ceil(below.length / HASH / 2)
    const level = resized(before[levels.length], size * HASH)
    dirty = dirty.map((index) => index >> 1).filter((index, at, all) => index !== all[at - 1])
    first >>= 1
    for (const index of dirty) if (index < first) join(level, below, index)
    for (let index = first; index < size; index++) join(level, below, index)
    levels.push(level)
    below = level
  }
  return levels
}

/** The root of a tree. */
export function rootOf(levels: Levels): Uint8Array {
  return levels.at(-1) ?? EMPTY_ROOT
}

/** What one needs besides a leaf to come to the root: the hash beside it, the one beside their parent, and so on. */
export function pathTo(levels: Levels, leaf: number): readonly Uint8Array[] {
  const path: Uint8Array[] = []
  for (let level = 0, index = leaf; level < levels.length - 1; level++, index >>= 1) {
    const beside = hashAt(levels[level] ?? EMPTY_ROOT, index ^ 1)
    if (beside.length === HASH) path.push(Uint8Array.from(beside))
  }
  return path
}

/** The root that a leaf and its path lead to in a tree of `size` leaves; `undefined` where such a path cannot be. */
export function rootBy(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined
  let hash = leaf
  let used = 0
  for (let at = index, last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    // The last one of a level has no neighbour where it is the left of a pair.
    if (at === last && at % 2 === 0) continue
    const beside = path[used++]
    if (beside?.length !== HASH) return undefined
    hash = at % 2 === 0 ? parent(hash, beside) : parent(beside, hash)
  }
  return used === path.length ? hash : undefined
}

function join(level: Uint8Array, below: Uint8Array, index: number): void {
  const pair = below.subarray(2 * index * HASH, (2 * index + 2) * HASH)
  level.set(pair.length === HASH ? pair : parent(pair), index * HASH)
}

function parent(left: Uint8Array, right?: Uint8Array): Uint8Array {
  node.set(left, 1)
  if (right !== undefined) node.set(right, 1 + HASH)
  return sha256Bytes(node)
}

function hashAt(level: Uint8Array, index: number): Uint8Array {
  return level.subarray(index * HASH, (index + 1) * HASH)
}

function resized(level: Uint8Array | undefined, length: number): Uint8Array {
  if (level?.length === length) return level
  const other = new Uint8Array(length)
  other.set(level?.subarray(0, length) ?? [])
  return other
}
