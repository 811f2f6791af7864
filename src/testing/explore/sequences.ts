import { Ints } from './ints.ts'

const CHUNK_BITS = 18
const CHUNK = 1 << CHUNK_BITS

/**
 * A set of sequences of 32-bit tokens, each of which gets a number. Hashed, and compared in full: two sequences never
 * have one number. No sequence may begin with the whole of another.
 */
export class Sequences {
  readonly #chunks: Int32Array[] = []
  readonly #starts = new Ints()
  readonly #hashes = new Ints()
  #slots = new Int32Array(4096)
  #used = CHUNK

  get size(): number {
    return this.#starts.length
  }

  /** The number of the sequence, or -1. */
  find(tokens: Int32Array, from: number, to: number): number {
    return (this.#slots[this.#slotOf(tokens, { from, to, hash: hashOf(tokens, from, to) })] as number) - 1
  }

  /** The number of the sequence, which is the former `size` when it is a new one. */
  add(tokens: Int32Array, from: number, to: number): number {
    const hash = hashOf(tokens, from, to)
    const slot = this.#slotOf(tokens, { from, to, hash })
    const known = this.#slots[slot] as number
    if (known !== 0) return known - 1
    const id = this.#starts.length
    this.#starts.push(this.#keep(tokens, from, to))
    this.#hashes.push(hash)
    this.#slots[slot] = id + 1
    if (id * 2 > this.#slots.length) this.#spread()
    return id
  }

  /** Where it is, or an empty place where it could be. */
  #slotOf(tokens: Int32Array, { from, to, hash }: { from: number; to: number; hash: number }): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let held = this.#slots[slot] as number; held !== 0; held = this.#slots[slot] as number) {
      if (this.#hashes.at(held - 1) === hash && this.#isAt(this.#starts.at(held - 1), tokens, from, to)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #isAt(start: number, tokens: Int32Array, from: number, to: number): boolean {
    const chunk = this.#chunks[start >>> CHUNK_BITS] as Int32Array
    const offset = (start & (CHUNK - 1)) - from
    for (let index = from; index < to; index++) if (chunk[offset + index] !== tokens[index]) return false
    return true
  }

  /** A sequence lies in one chunk; one that is longer gets a chunk of its own. */
  #keep(tokens: Int32Array, from: number, to: number): number {
    const length = to - from
    if (this.#used + length > CHUNK) {
      this.#chunks.push(new Int32Array(Math.max(CHUNK, length)))
      this.#used = 0
    }
    const chunk = this.#chunks[this.#chunks.length - 1] as Int32Array
    const start = this.#used
    for (let index = 0; index < length; index++) chunk[start + index] = tokens[from + index] as number
    this.#used += length
    return (this.#chunks.length - 1) * CHUNK + start
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.#hashes.length; id++) {
      let slot = this.#hashes.at(id) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
  }
}

function hashOf(tokens: Int32Array, from: number, to: number): number {
  let hash = to - from
  for (let index = from; index < to; index++) {
    hash = Math.imul(hash ^ (tokens[index] as number), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
