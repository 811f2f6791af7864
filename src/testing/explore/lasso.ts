import { Circle } from './circle.ts'
import { componentsOf } from './components.ts'
import type { Classes, Edges } from './edges.ts'
import type { Marks } from './marks.ts'

/** What is asked: is there a fair run from one of `initial` that never comes to a marked state? */
export interface Hunt<Action> {
  readonly edges: Edges<Action>
  readonly classes: Classes
  readonly marks: Marks
  readonly initial: readonly number[]
}

/** A run by its edges. `loop`: after so many it goes round for ever; undefined: it ends, or may rest where it is. */
export interface Lasso {
  readonly start: number
  readonly edges: readonly number[]
  readonly loop: number | undefined
}

/** The nearest end or fair circle among the states that a run can get into without a marked one. */
export function lassoIn<Action>(hunt: Hunt<Action>): Lasso | undefined {
  const { edges, classes } = hunt
  const reached = new Reached(hunt)
  const components = componentsOf({ edges, has: (state) => reached.has(state) })
  const circles = circlesOf(reached.order, components)
  for (const state of reached.order) {
    if (mayRest(state, edges, classes)) return { ...reached.wayTo(state), loop: undefined }
    const circle = new Circle(edges, classes, components, circles.get(components[state] as number) ?? [])
    circles.delete(components[state] as number)
    if (!circle.isFair()) continue
    const way = reached.wayTo(state)
    return { start: way.start, edges: [...way.edges, ...circle.from(state)], loop: way.edges.length }
  }
  return undefined
}

/** Whether nobody is owed that anything happens: at an end, or where there is only what is never forced. */
function mayRest<Action>(state: number, edges: Edges<Action>, classes: Classes): boolean {
  for (let edge = edges.first(state); edge < edges.end(state); edge++) if (classes.of(edge) !== -1) return false
  return true
}

/** The states of each component. */
function circlesOf(order: readonly number[], components: Int32Array): Map<number, number[]> {
  const circles = new Map<number, number[]>()
  for (const state of order) {
    const component = components[state] as number
    const members = circles.get(component)
    if (members === undefined) circles.set(component, [state])
    else members.push(state)
  }
  return circles
}

/** The explored states that a run can get into without a marked one, nearest first, and by which edge. */
class Reached<Action> {
  readonly order: number[] = []
  readonly #edges: Edges<Action>
  /** The edge by which it was reached, and the state before; -1: it begins there, -2: it was not reached. */
  readonly #edge: Int32Array
  readonly #before: Int32Array

  constructor({ edges, marks, initial }: Hunt<Action>) {
    this.#edges = edges
    this.#edge = new Int32Array(edges.states).fill(-2)
    this.#before = new Int32Array(edges.states).fill(-1)
    for (const state of initial) if (!marks.has(state)) this.#add(state, -1, -1)
    for (let place = 0; place < this.order.length; place++) {
      const state = this.order[place] as number
      for (let edge = edges.first(state); edge < edges.end(state); edge++) {
        if (!marks.has(edges.target(edge))) this.#add(edges.target(edge), edge, state)
      }
    }
  }

  has(state: number): boolean {
    return state < this.#edges.states && this.#edge[state] !== -2
  }

  wayTo(state: number): { readonly start: number; readonly edges: readonly number[] } {
    const way: number[] = []
    let at = state
    while (this.#edge[at] !== -1) {
      way.push(this.#edge[at] as number)
      at = this.#before[at] as number
    }
    return { start: at, edges: way.reverse() }
  }

  #add(state: number, edge: number, before: number): void {
    if (state >= this.#edges.states || this.#edge[state] !== -2) return
    this.#edge[state] = edge
    this.#before[state] = before
    this.order.push(state)
  }
}
