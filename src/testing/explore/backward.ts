import type { Edges } from './edges.ts'
import type { Marks } from './marks.ts'

/**
 * The nearest state from which no marked one can be reached, or -1. Of states that were not explored nothing is known:
 * whoever can reach one of them may reach a marked one.
 */
export function trapIn<Action>(edges: Edges<Action>, marks: Marks, size: number): number {
  const { starts, sources } = edges.reversed(size)
  const escapes = new Uint8Array(size)
  const open = new Int32Array(size)
  let waiting = 0
  for (let state = 0; state < size; state++) {
    if (state < edges.states && !marks.has(state)) continue
    escapes[state] = 1
    open[waiting++] = state
  }
  while (waiting > 0) {
    const state = open[--waiting] as number
    for (let index = starts[state] as number; index < (starts[state + 1] as number); index++) {
      const source = sources[index] as number
      if (escapes[source] === 1) continue
      escapes[source] = 1
      open[waiting++] = source
    }
  }
  return escapes.indexOf(0)
}
