import type { AnyChart } from '../../chart/index.ts'

/** The shortest way of flips from the initial phase to `phase`; every phase of a chart has one. */
export function wayTo({ initial, table }: AnyChart, phase: string): readonly string[] {
  const ways = new Map<string, readonly string[]>([[initial, []]])
  // A Map gives out what is added while it is walked: the nearest phases first.
  for (const [from, way] of ways) {
    if (from === phase) return way
    for (const [flip, to] of Object.entries(table[from] ?? {})) if (!ways.has(to)) ways.set(to, [...way, flip])
  }
  return []
}
