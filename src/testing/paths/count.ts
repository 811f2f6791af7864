import type { AnyChart } from '../../chart/index.ts'

/** How many paths there are that enter no phase twice; counted up to `most` + 1, since there may be very many. */
export function countSimplePaths(chart: AnyChart, most: number): number {
  const visited = new Set<string>()
  let count = 0
  const enter = (phase: string): void => {
    count += 1
    visited.add(phase)
    for (const to of Object.values(chart.table[phase] ?? {})) {
      if (count > most) break
      if (!visited.has(to)) enter(to)
    }
    visited.delete(phase)
  }
  enter(chart.initial)
  return count
}
