import type { Graph } from './graph.ts'

// What is so of a small graph, found by other means than those of the explorer: by closures over sets of states, and for
// fairness over every set of states that a run could stay in for ever.

export interface Asked {
  readonly graph: Graph
  /** The states in which the property is so. */
  readonly is: ReadonlySet<number>
}

export function reachable({ init, edges }: Graph, stays: (state: number) => boolean = () => true): ReadonlySet<number> {
  const reached = new Set(init.filter(stays))
  for (const state of reached) for (const { to } of edges[state] ?? []) if (stays(to)) reached.add(to)
  return reached
}

export const always = ({ graph, is }: Asked): boolean => [...reachable(graph)].every((state) => is.has(state))
export const never = ({ graph, is }: Asked): boolean => ![...reachable(graph)].some((state) => is.has(state))
export const sometimes = ({ graph, is }: Asked): boolean => [...reachable(graph)].some((state) => is.has(state))

export const alwaysPossible = ({ graph, is }: Asked): boolean =>
  [...reachable(graph)].every((state) => [...reachable({ ...graph, init: [state] })].some((later) => is.has(later)))

/** Every fair run comes to it: there is no end without it, and no set of states to go round in for ever. */
export function eventually({ graph, is }: Asked): boolean {
  const without = [...reachable(graph, (state) => !is.has(state))]
  return !subsetsOf(without).some((set) => isFairStay(graph, set))
}

/** Whether a run can stay in exactly these states for ever, and nobody is owed an action. */
function isFairStay({ edges }: Graph, set: ReadonlySet<number>): boolean {
  const inside = [...set].flatMap((state) =>
    (edges[state] ?? []).filter(({ to }) => set.has(to)).map((edge) => edge.actor),
  )
  const rests = set.size === 1
  if (!isConnected(edges, set)) return false
  const actors = new Set([...set].flatMap((state) => (edges[state] ?? []).flatMap(({ actor }) => actor ?? [])))
  const isFair = (taken: readonly (string | undefined)[]): boolean =>
    [...actors].every(
      (actor) =>
        taken.includes(actor) || [...set].some((state) => !(edges[state] ?? []).some((edge) => edge.actor === actor)),
    )
  return (rests && isFair([])) || (inside.length > 0 && isFair(inside))
}

function isConnected(edges: Graph['edges'], set: ReadonlySet<number>): boolean {
  return [...set].every((state) => {
    const reached = reachable({ init: [state], edges }, (other) => set.has(other))
    return reached.size === set.size
  })
}

function subsetsOf(states: readonly number[]): ReadonlySet<number>[] {
  const sets: ReadonlySet<number>[] = []
  for (let bits = 1; bits < 2 ** states.length; bits++) {
    sets.push(new Set(states.filter((_, index) => (bits >> index) % 2 === 1)))
  }
  return sets
}

/** How many actions the shortest way to one of these states has; undefined when there is none. */
export function distanceTo({ init, edges }: Graph, is: (state: number) => boolean): number | undefined {
  let layer = new Set(init)
  const seen = new Set<number>()
  for (let distance = 0; layer.size > 0; distance++) {
    if ([...layer].some(is)) return distance
    for (const state of layer) seen.add(state)
    layer = new Set(
      [...layer].flatMap((state) => (edges[state] ?? []).map(({ to }) => to)).filter((to) => !seen.has(to)),
    )
  }
  return undefined
}
