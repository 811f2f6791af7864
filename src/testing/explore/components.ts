import type { Edges } from './edges.ts'

/** The part of a graph in which something has not come about yet: the states that a run can get into without it. */
export interface Without<Action> {
  readonly edges: Edges<Action>
  /** Whether the state was explored, can be reached in this part, and belongs to it. */
  has(state: number): boolean
}

/**
 * The strongly connected components of the part, by Tarjan's algorithm without recursion: for each state the number of
 * its component, -1 outside of the part.
 */
export function componentsOf<Action>(part: Without<Action>): Int32Array {
  const walk = new Walk(part)
  for (let state = 0; state < part.edges.states; state++) if (part.has(state)) walk.from(state)
  return walk.components
}

class Walk<Action> {
  readonly components: Int32Array
  readonly #part: Without<Action>
  /** When it was met, from 1; 0: not yet. */
  readonly #met: Int32Array
  readonly #low: Int32Array
  /** The next edge to follow. */
  readonly #next: Int32Array
  readonly #path: number[] = []
  readonly #stack: number[] = []
  #time = 0
  #count = 0

  constructor(part: Without<Action>) {
    const { states } = part.edges
    this.#part = part
    this.components = new Int32Array(states).fill(-1)
    this.#met = new Int32Array(states)
    this.#low = new Int32Array(states)
    this.#next = new Int32Array(states)
  }

  from(root: number): void {
    if (this.#met[root] !== 0) return
    this.#enter(root)
    while (this.#path.length > 0) {
      const state = this.#path[this.#path.length - 1] as number
      if (!this.#goOn(state)) this.#leave(state)
    }
  }

  /** Follows the next edge of the state; false when there is none. */
  #goOn(state: number): boolean {
    const { edges } = this.#part
    const edge = this.#next[state] as number
    if (edge === edges.end(state)) return false
    this.#next[state] = edge + 1
    const target = edges.target(edge)
    if (!this.#part.has(target)) return true
    if (this.#met[target] === 0) this.#enter(target)
    // Not in a component yet: it is on the stack.
    else if (this.components[target] === -1) this.#lower(state, this.#met[target] as number)
    return true
  }

  #enter(state: number): void {
    this.#time += 1
    this.#met[state] = this.#time
    this.#low[state] = this.#time
    this.#next[state] = this.#part.edges.first(state)
    this.#path.push(state)
    this.#stack.push(state)
  }

  #leave(state: number): void {
    this.#path.pop()
    const above = this.#path[this.#path.length - 1]
    if (above !== undefined) this.#lower(above, this.#low[state] as number)
    if (this.#low[state] !== this.#met[state]) return
    for (let member = this.#stack.pop(); member !== undefined; member = this.#stack.pop()) {
      this.components[member] = this.#count
      if (member === state) break
    }
    this.#count += 1
  }

  #lower(state: number, to: number): void {
    if (to < (this.#low[state] as number)) this.#low[state] = to
  }
}
