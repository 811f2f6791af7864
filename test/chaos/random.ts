import { createHash } from 'node:crypto'

/** Chance that can be had again: the same numbers, 0 ≤ x < 1, for the same seed. */
export function seeded(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 up to, and without, `end`. */
export function below(random: () => number, end: number): number {
  return Math.floor(random() * end)
}

export function pick<Item>(random: () => number, items: readonly [Item, ...Item[]]): Item {
  return items[below(random, items.length)] ?? items[0]
}

/** One of the names, each as often as its share of 1 says; 'otherwise' for the rest. */
export function roll<Item extends string>(
  random: () => number,
  shares: { readonly [name in Item]: number },
): Item | 'otherwise' {
  let left = random()
  for (const [name, share] of Object.entries(shares) as [Item, number][]) {
    left -= share
    if (left < 0) return name
  }
  return 'otherwise'
}
