import type { Model } from '../../../../src/testing/explore/index.ts'

/** An edge of a drawn graph: by whom, and where to. An actor that is undefined is never forced. */
export interface Edge {
  readonly actor: string | undefined
  readonly to: number
}

/** Where it begins, and what leads where. */
export interface Graph {
  readonly init: readonly number[]
  readonly edges: readonly (readonly Edge[])[]
}

export function modelOf({ init, edges }: Graph): Model<number, Edge> {
  return {
    init,
    actions: (state) => edges[state] ?? [],
    next: (_, edge) => edge.to,
    describe: ({ actor, to }) => ({ actor, action: `to ${to}` }),
  }
}

/** A graph as paths: `path(0, 2, 4, 2)` is 0 → 2 → 4 → 2. */
export function path(...states: readonly number[]): Model<number, number> {
  const next = new Map<number, number[]>()
  for (const [index, to] of states.slice(1).entries()) {
    const from = states[index] ?? 0
    next.set(from, [...(next.get(from) ?? []), to])
  }
  return { init: states.slice(0, 1), actions: (state) => next.get(state) ?? [], next: (_, to) => to }
}
