import { HASH } from './merkle.ts'

/** The claims about one log, by growing number: places in `Claims`. */
export interface ClaimList {
  first: number
  last: number
}

const NONE = -1
const ROOM = 64

/** That a log has this hash at this number, as checkpoint `seq` says; 0 is the head that a journal keeps. */
export interface Claim {
  readonly n: number
  readonly hash: string
  readonly seq: number
}

/** All that is vouched for, in 52 bytes a claim: years of checkpoints are held while records stream by. */
export class Claims {
  #size = 0
  #n = new Float64Array(ROOM)
  #seq = new Float64Array(ROOM)
  #next = new Int32Array(ROOM)
  #hash = Buffer.alloc(ROOM * HASH)

  /** A list without claims. */
  static none(): ClaimList {
    return { first: NONE, last: NONE }
  }

  /** Adds a claim where its number belongs, unless it is there. */
  add(list: ClaimList, claim: Claim): void {
    let before = list.last
    // Numbers grow with time, but for two checkpoints that were made at once.
    if (before !== NONE && this.#number(before) > claim.n) before = this.#lastUpTo(list, claim.n)
    if (before !== NONE && this.#number(before) === claim.n && this.#hashAt(before) === claim.hash) return
    const after = before === NONE ? list.first : this.#following(before)
    const place = this.#store(claim, after)
    if (before === NONE) list.first = place
    else this.#next[before] = place
    if (after === NONE) list.last = place
  }

  /** The first claim of a list; `undefined` when it is empty. */
  peek(list: ClaimList): Claim | undefined {
    const { first } = list
    return first === NONE
      ? undefined
      : { n: this.#number(first), hash: this.#hashAt(first), seq: this.#seq[first] ?? 0 }
  }

  /** The number that the first claim is about; Infinity when there is none. */
  peekNumber(list: ClaimList): number {
    return list.first === NONE ? Number.POSITIVE_INFINITY : this.#number(list.first)
  }

  /** Takes the first claim off. */
  shift(list: ClaimList): void {
    if (list.first === NONE) return
    list.first = this.#following(list.first)
    if (list.first === NONE) list.last = NONE
  }

  #lastUpTo(list: ClaimList, n: number): number {
    let found = NONE
    for (let at = list.first; at !== NONE && this.#number(at) <= n; at = this.#following(at)) found = at
    return found
  }

  #store({ n, hash, seq }: Claim, next: number): number {
    if (this.#size === this.#n.length) this.#grow()
    const place = this.#size++
    this.#n[place] = n
    this.#seq[place] = seq
    this.#next[place] = next
    // What is no hash matches none.
    this.#hash.fill(0, place * HASH, (place + 1) * HASH)
    this.#hash.write(hash, place * HASH, HASH, 'hex')
    return place
  }

  #grow(): void {
    const room = this.#n.length * 2
    this.#n = enlarged(new Float64Array(room), this.#n)
    this.#seq = enlarged(new Float64Array(room), this.#seq)
    this.#next = enlarged(new Int32Array(room), this.#next)
    this.#hash = enlarged(Buffer.alloc(room * HASH), this.#hash)
  }

  #number(place: number): number {
    return this.#n[place] ?? 0
  }

  #following(place: number): number {
    return this.#next[place] ?? NONE
  }

  #hashAt(place: number): string {
    return this.#hash.toString('hex', place * HASH, (place + 1) * HASH)
  }
}

function enlarged<Room extends { set(from: ArrayLike<number>): void }>(room: Room, from: ArrayLike<number>): Room {
  room.set(from)
  return room
}
