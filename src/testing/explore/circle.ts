import type { Classes, Edges } from './edges.ts'

/**
 * A strongly connected component as a way to go round for ever. It is weakly fair when each class that is possible in all
 * of its states happens in it. If a part of it were fair, the whole would be: it has more states in which a class may be
 * impossible, and more edges by which it may happen. So the whole is all that has to be looked at.
 */
export class Circle<Action> {
  readonly #edges: Edges<Action>
  readonly #classes: Classes
  readonly #components: Int32Array
  readonly #members: readonly number[]

  constructor(edges: Edges<Action>, classes: Classes, components: Int32Array, members: readonly number[]) {
    this.#edges = edges
    this.#classes = classes
    this.#components = components
    this.#members = members
  }

  isFair(): boolean {
    const [first] = this.#members
    if (first === undefined) return false
    const owed = this.#possibleIn(first)
    let goesRound = false
    for (const state of this.#members) {
      keepOnly(owed, this.#possibleIn(state))
      for (const edge of this.#inside(state)) {
        goesRound = true
        owed.delete(this.#classes.of(edge))
      }
      if (goesRound && owed.size === 0) return true
    }
    return false
  }

  /** A fair way round from `entry` and back, by its edges: short, if not always the shortest. */
  from(entry: number): readonly number[] {
    const way: number[] = []
    const owed = this.#possibleIn(entry)
    let at = entry
    const go = (settles: (edge: number) => boolean): void => {
      for (const edge of this.#nearest(at, settles)) {
        way.push(edge)
        at = this.#edges.target(edge)
        owed.delete(this.#classes.of(edge))
        keepOnly(owed, this.#possibleIn(at))
      }
    }
    while (owed.size > 0) go((edge) => owed.has(this.#classes.of(edge)) || this.#lacks(this.#edges.target(edge), owed))
    if (way.length === 0 || at !== entry) go((edge) => this.#edges.target(edge) === entry)
    return way
  }

  /** The classes of which something can happen in the state, inside of the component or out of it. */
  #possibleIn(state: number): Set<number> {
    const possible = new Set<number>()
    for (let edge = this.#edges.first(state); edge < this.#edges.end(state); edge++) {
      const of = this.#classes.of(edge)
      if (of !== -1) possible.add(of)
    }
    return possible
  }

  #lacks(state: number, owed: ReadonlySet<number>): boolean {
    const possible = this.#possibleIn(state)
    for (const of of owed) if (!possible.has(of)) return true
    return false
  }

  *#inside(state: number): Generator<number> {
    for (let edge = this.#edges.first(state); edge < this.#edges.end(state); edge++) {
      if (this.#components[this.#edges.target(edge)] === this.#components[state]) yield edge
    }
  }

  /** The shortest way from `start` whose last edge settles it. */
  #nearest(start: number, settles: (edge: number) => boolean): readonly number[] {
    const cameBy = new Map<number, { readonly edge: number; readonly before: number }>()
    const open = [start]
    for (const state of open) {
      for (const edge of this.#inside(state)) {
        if (settles(edge)) return [...wayBack(cameBy, start, state), edge]
        const target = this.#edges.target(edge)
        if (target === start || cameBy.has(target)) continue
        cameBy.set(target, { edge, before: state })
        open.push(target)
      }
    }
    return []
  }
}

function wayBack(
  cameBy: ReadonlyMap<number, { readonly edge: number; readonly before: number }>,
  start: number,
  end: number,
): readonly number[] {
  const way: number[] = []
  for (let at = end; at !== start; ) {
    const came = cameBy.get(at)
    if (came === undefined) break
    way.push(came.edge)
    at = came.before
  }
  return way.reverse()
}

function keepOnly(some: Set<number>, others: ReadonlySet<number>): void {
  for (const one of some) if (!others.has(one)) some.delete(one)
}
