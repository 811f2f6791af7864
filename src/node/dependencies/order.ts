import type { DependencySpec } from './dependency.ts'

/** Anything that comes after others of its kind. */
type Ordered = Pick<DependencySpec, 'name' | 'after'>

/** Each after those it needs, otherwise as they were declared; or the names that go round in a circle. */
export function inOrder<Item extends Ordered>(
  items: readonly Item[],
): { readonly order: readonly Item[]; readonly circle: readonly string[] } {
  const order: Item[] = []
  const placed = new Set<string>()
  let left = items
  for (;;) {
    const next = left.find(({ after }) => after.every((name) => placed.has(name)))
    if (next === undefined) return { order, circle: left.map(({ name }) => name) }
    order.push(next)
    placed.add(next.name)
    left = left.filter((item) => item !== next)
    if (left.length === 0) return { order, circle: [] }
  }
}

/** Those that need `name`: they have to stop before it does. */
export function dependants<Item extends Ordered>(items: readonly Item[], name: string): readonly Item[] {
  return items.filter(({ after }) => after.includes(name))
}

/** How long all of them take to stop at most, in ms: independent ones stop side by side. */
export function longestStopMs(items: readonly DependencySpec[]): number {
  const stoppedMs = ({ name, stop, stopTimeoutMs }: DependencySpec): number =>
    Math.max(0, ...dependants(items, name).map(stoppedMs)) + (stop === undefined ? 0 : stopTimeoutMs)
  return Math.max(0, ...items.map(stoppedMs))
}
