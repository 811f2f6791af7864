import { Ints } from './ints.ts'
import type { Fairness } from './model.ts'

/** Whether the edges of a graph are of a class. -1: of none. */
export interface Classes {
  of(edge: number): number
}

/**
 * What leads where: for each state the states that its actions lead to, in their order. Kept only where a property needs
 * it: 4 bytes an edge and 4 a state, and 4 an edge more for each notion of fairness.
 */
export class Edges<Action> {
  readonly #targets = new Ints()
  readonly #starts = new Ints()
  readonly #fairness: readonly Fairness<Action>[]
  readonly #classes: readonly Ints[]
  readonly #names = new Map<string, number>()

  constructor(fairness: readonly Fairness<Action>[]) {
    this.#fairness = fairness
    this.#classes = fairness.map(() => new Ints())
    this.#starts.push(0)
  }

  /** States that were explored: their edges are all here. */
  get states(): number {
    return this.#starts.length - 1
  }

  get count(): number {
    return this.#targets.length
  }

  push(target: number, action: Action): void {
    this.#targets.push(target)
    for (let index = 0; index < this.#fairness.length; index++) {
      const name = this.#fairness[index]?.(action)
      this.#classes[index]?.push(name === undefined ? -1 : this.#numberOf(name))
    }
  }

  /** That was the last edge of the state. */
  close(): void {
    this.#starts.push(this.#targets.length)
  }

  first(state: number): number {
    return this.#starts.at(state)
  }

  /** One past the last edge of the state. */
  end(state: number): number {
    return this.#starts.at(state + 1)
  }

  target(edge: number): number {
    return this.#targets.at(edge)
  }

  classesBy(fair: Fairness<Action>): Classes {
    const classes = this.#classes[this.#fairness.indexOf(fair)] ?? new Ints()
    return { of: (edge) => classes.at(edge) }
  }

  /** For each of `size` states those that lead to it: `sources[starts[state]…starts[state + 1]]`. */
  reversed(size: number): { readonly starts: Int32Array; readonly sources: Int32Array } {
    const starts = new Int32Array(size + 1)
    const explored = this.#starts.at(this.states)
    for (let edge = 0; edge < explored; edge++) count(starts, this.target(edge))
    for (let state = 1; state <= size; state++)
      starts[state] = (starts[state] as number) + (starts[state - 1] as number)
    const sources = new Int32Array(explored)
    for (let state = 0; state < this.states; state++) {
      for (let edge = this.first(state); edge < this.end(state); edge++) {
        const place = (starts[this.target(edge)] as number) - 1
        starts[this.target(edge)] = place
        sources[place] = state
      }
    }
    return { starts, sources }
  }

  #numberOf(name: string): number {
    const number = this.#names.get(name) ?? this.#names.size
    this.#names.set(name, number)
    return number
  }
}

function count(starts: Int32Array, state: number): void {
  starts[state] = (starts[state] as number) + 1
}
