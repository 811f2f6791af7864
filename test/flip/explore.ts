// Every state that a model can get into, by breadth-first search. It knows nothing of flips.

/** A model: where it starts, what can happen in a state, and which states are the same one. */
export interface Model<State> {
  readonly initial: State
  /** What can happen. None: the state is an end. */
  actions(state: State): readonly Move<State>[]
  /** Equal for states from which the same can happen. */
  keyOf(state: State): string
}

export interface Move<State> {
  readonly label: string
  readonly next: State
}

/** What must always be so. `holds` is asked for every move, so for every way into a state. */
export interface Invariant<State> {
  readonly name: string
  holds(state: State, before: State): boolean
}

export interface Claims<State> {
  readonly invariants: readonly Invariant<State>[]
  /** Where nothing is left to be done. Every state can get there, and every end is such a state. */
  readonly settled: { readonly name: string; holds(state: State): boolean }
}

/** The name of what was violated, and the shortest way to it. */
export interface Violation {
  readonly name: string
  readonly path: readonly string[]
}

export interface Exploration {
  readonly states: number
  readonly moves: number
  /** How many of the states are settled. */
  readonly settled: number
  readonly violation: Violation | undefined
}

/** A move into a state, as the way back is followed. */
interface Came {
  readonly from: number
  readonly label: string
}

/** @throws RangeError when there are more than `most` states: a model that grows without end */
export function explore<State>(model: Model<State>, claims: Claims<State>, most = 2_000_000): Exploration {
  const search = new Search(model, claims, most)
  const violation = search.forward() ?? search.cannotSettle()
  return { ...search.counts, violation }
}

class Search<State> {
  readonly #model: Model<State>
  readonly #claims: Claims<State>
  readonly #most: number
  readonly #ids = new Map<string, number>()
  readonly #came: (Came | undefined)[] = []
  readonly #sources: number[][] = []
  readonly #settled: number[] = []
  #frontier: { readonly id: number; readonly state: State }[] = []
  #moves = 0

  constructor(model: Model<State>, claims: Claims<State>, most: number) {
    this.#model = model
    this.#claims = claims
    this.#most = most
    this.#visit(model.initial, undefined)
  }

  get counts(): Omit<Exploration, 'violation'> {
    return { states: this.#came.length, moves: this.#moves, settled: this.#settled.length }
  }

  /** Layer by layer, so that the first violation met is one of the shortest. */
  forward(): Violation | undefined {
    while (this.#frontier.length > 0) {
      const layer = this.#frontier
      this.#frontier = []
      for (const { id, state } of layer) {
        const violation = this.#expand(id, state)
        if (violation !== undefined) return violation
      }
    }
    return undefined
  }

  /** Backwards from the settled states: what is not met there can never settle again. */
  cannotSettle(): Violation | undefined {
    const canSettle = new Uint8Array(this.#came.length)
    const open = [...this.#settled]
    for (const id of open) canSettle[id] = 1
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const source of this.#sources[id] ?? []) {
        if (canSettle[source] === 1) continue
        canSettle[source] = 1
        open.push(source)
      }
    }
    const lost = canSettle.indexOf(0)
    return lost === -1 ? undefined : { name: this.#claims.settled.name, path: this.#pathTo(lost) }
  }

  #expand(id: number, state: State): Violation | undefined {
    const moves = this.#model.actions(state)
    if (moves.length === 0 && !this.#claims.settled.holds(state)) {
      return { name: this.#claims.settled.name, path: this.#pathTo(id) }
    }
    for (const { label, next } of moves) {
      this.#moves++
      const broken = this.#claims.invariants.find((invariant) => !invariant.holds(next, state))
      if (broken !== undefined) return { name: broken.name, path: [...this.#pathTo(id), label] }
      this.#sources[this.#visit(next, { from: id, label })]?.push(id)
    }
    return undefined
  }

  #visit(state: State, came: Came | undefined): number {
    const key = this.#model.keyOf(state)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#came.length
    if (id >= this.#most) throw new RangeError(`more than ${this.#most} states; the last way: ${this.#pathTo(id - 1)}`)
    this.#ids.set(key, id)
    this.#came.push(came)
    this.#sources.push([])
    this.#frontier.push({ id, state })
    if (this.#claims.settled.holds(state)) this.#settled.push(id)
    return id
  }

  #pathTo(id: number): string[] {
    const path: string[] = []
    for (let came = this.#came[id]; came !== undefined; came = this.#came[came.from]) path.push(came.label)
    return path.reverse()
  }
}
