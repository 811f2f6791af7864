import { canonical } from '../base/index.ts'
import type { LogTip } from '../ports/index.ts'
import { HASH, type Levels, leafHash, mendTree, pathTo, rootOf } from './merkle.ts'

/** Where a log stands in the tree, and the way from there to the root. */
export interface HeadPath {
  readonly tip: LogTip
  readonly index: number
  readonly size: number
  readonly path: readonly Uint8Array[]
}

/** What a leaf holds of a log. */
export function leafOf({ log, n, hash }: LogTip): Uint8Array {
  return leafHash(canonical({ hash, log, n }))
}

/**
 * The ends of all logs, and the Merkle tree over them, sorted by the names of the logs (by UTF-16 code units, as RFC 8785
 * sorts). What changes costs what it changes, a new log what stands to the right of it.
 */
export class Heads {
  readonly #tips = new Map<string, LogTip>()
  #logs: string[] = []
  #levels: Levels = []

  get size(): number {
    return this.#logs.length
  }

  get(log: string): LogTip | undefined {
    return this.#tips.get(log)
  }

  root(): Uint8Array {
    return rootOf(this.#levels)
  }

  /** The later of two that are given for one log counts. */
  apply(changes: readonly LogTip[]): void {
    const known: LogTip[] = []
    const fresh = new Map<string, LogTip>()
    for (const tip of changes) {
      if (this.#tips.has(tip.log)) known.push(tip)
      else fresh.set(tip.log, tip)
    }
    for (const tip of changes) this.#tips.set(tip.log, tip)
    const from = this.#insert([...fresh.values()])
    const leaves = this.#levels[0] ?? new Uint8Array()
    const changed = known.map((tip) => {
      const index = this.#indexOf(tip.log)
      leaves.set(leafOf(tip), index * HASH)
      return index
    })
    this.#levels = mendTree(
      this.#levels,
      leaves,
      changed.sort((a, b) => a - b),
      from,
    )
  }

  pathOf(log: string): HeadPath | undefined {
    const tip = this.#tips.get(log)
    if (tip === undefined) return undefined
    const index = this.#indexOf(log)
    return { tip, index, size: this.size, path: pathTo(this.#levels, index) }
  }

  /** Makes room for new logs, and gives the index of the first. What stood behind it has moved. */
  #insert(fresh: readonly LogTip[]): number {
    if (fresh.length === 0) return this.size
    const sorted = fresh.toSorted((a, b) => (a.log < b.log ? -1 : 1))
    const before = this.#levels[0] ?? new Uint8Array()
    const leaves = new Uint8Array((this.size + fresh.length) * HASH)
    const logs: string[] = []
    let old = 0
    for (const tip of [...sorted, undefined]) {
      const end = tip === undefined ? this.size : this.#placeOf(tip.log)
      leaves.set(before.subarray(old * HASH, end * HASH), logs.length * HASH)
      for (; old < end; old++) logs.push(this.#logs[old] ?? '')
      if (tip === undefined) break
      leaves.set(leafOf(tip), logs.length * HASH)
      logs.push(tip.log)
    }
    const from = this.#placeOf(sorted[0]?.log ?? '')
    this.#logs = logs
    this.#levels = [leaves, ...this.#levels.slice(1)]
    return from
  }

  #indexOf(log: string): number {
    return this.#placeOf(log)
  }

  /** How many logs come before this one. */
  #placeOf(log: string): number {
    let low = 0
    let high = this.#logs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#logs[middle] ?? '') < log) low = middle + 1
      else high = middle
    }
    return low
  }
}
