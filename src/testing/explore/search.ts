import { systemClock } from '../../base/index.ts'
import { Checks, type Place } from './checks.ts'
import { Edges } from './edges.ts'
import { impure } from './impure.ts'
import { Ints } from './ints.ts'
import type { Fairness, Model } from './model.ts'
import type { ParsedLimits } from './parse.ts'
import type { Property } from './properties.ts'
import type { Bound } from './report.ts'
import { type Visited, visitedBy } from './visited.ts'

/** Every so many states the clock is looked at, and a state is looked at again for whether it was changed. */
const EVERY = 256

/**
 * Every state that a model can get into, breadth first. Of a state is kept by which action of which state it was first
 * met, 8 bytes, and its key; the states themselves only while they are next.
 */
export class Search<State, Action> {
  readonly model: Model<State, Action>
  readonly checks: Checks<State, Action>
  readonly visited: Visited<State>
  readonly edges: Edges<Action> | undefined
  readonly #limits: ParsedLimits
  readonly #deadline: number
  readonly #parents = new Ints()
  readonly #indexes = new Ints()
  #frontier: State[] = []
  #explored = 0
  #transitions = 0
  #depth = 0
  #bound: Bound | undefined

  constructor(model: Model<State, Action>, properties: readonly Property<State, Action>[], limits: ParsedLimits) {
    this.model = model
    this.#limits = limits
    this.#deadline = systemClock.monotonic() + limits.withinMs
    this.checks = new Checks(properties)
    this.visited = visitedBy(model.key, model.representative)
    const needed = properties.some(({ kind }) => kind === 'alwaysPossible' || kind === 'eventually')
    this.edges = needed ? new Edges(fairnessOf(properties)) : undefined
  }

  /** How many states were met; the first `explored` of them with all that they lead to. */
  get counts(): { states: number; explored: number; transitions: number; depth: number } {
    const { visited } = this
    return { states: visited.size, explored: this.#explored, transitions: this.#transitions, depth: this.#depth }
  }

  /** The states to begin with. */
  get initial(): readonly number[] {
    const initial: number[] = []
    while (initial.length < this.#parents.length && this.#parents.at(initial.length) === -1)
      initial.push(initial.length)
    return initial
  }

  get bound(): Bound | undefined {
    return this.#bound
  }

  /** Layer by layer, so that what is met first is met by one of the shortest ways. */
  run(): void {
    this.#begin()
    while (this.#bound === undefined && this.#frontier.length > 0) {
      const layer = this.#frontier
      if (this.#depth >= this.#limits.depth && layer.some((state) => this.model.actions(state).length > 0)) {
        this.#bound = 'depth'
        return
      }
      this.#frontier = []
      for (let index = 0; index < layer.length && this.#bound === undefined; index++)
        this.#explore(layer[index] as State)
      if (this.#frontier.length > 0) this.#depth++
    }
  }

  /** By which action of which state it was first met. */
  cameTo(id: number): Place {
    return { from: this.#parents.at(id), index: this.#indexes.at(id) }
  }

  #begin(): void {
    for (const [index, state] of this.model.init.entries()) {
      this.checks.at(-1, index)
      this.checks.moved(state, state, undefined)
      this.#meet(state, -1, index)
      if (this.#isDone()) return
    }
  }

  #explore(state: State): void {
    const { model, checks } = this
    const id = this.#explored
    const actions = model.actions(state)
    if (actions.length === 0) this.#end(id)
    for (let index = 0; index < actions.length; index++) {
      const action = actions[index] as Action
      const after = model.next(state, action)
      this.#transitions++
      checks.at(id, index)
      checks.moved(after, state, action)
      const reached = this.#meet(after, id, index)
      if (reached === -1) return
      this.edges?.push(reached, action)
      if (this.#isDone()) return
    }
    this.edges?.close()
    this.#explored++
    if (id % EVERY === 0 || id < EVERY) this.#lookUp(state, id)
    this.#isDone()
  }

  #end(id: number): void {
    const { from, index } = this.cameTo(id)
    this.checks.at(from, index)
    this.checks.ended(id)
  }

  /** The number of the state, or -1 when there is no room for another one. */
  #meet(state: State, from: number, index: number): number {
    const { visited } = this
    const room = visited.size < this.#limits.states
    const id = room ? visited.add(state) : visited.find(state)
    if (id === -1) this.#bound = 'states'
    if (id !== this.#parents.length) return id
    this.#parents.push(from)
    this.#indexes.push(index)
    this.#frontier.push(state)
    this.checks.met(state, id)
    return id
  }

  /** Whether there is nothing left to find out. */
  #isDone(): boolean {
    const { violations, undecided } = this.checks
    if (violations === 0 || (undecided > 0 && this.#limits.until === 'decided')) return false
    this.#bound = 'violation'
    return true
  }

  #lookUp(state: State, id: number): void {
    if (this.visited.find(state) !== id) throw impure([], 'a state was changed while its actions were asked for')
    if (systemClock.monotonic() > this.#deadline) this.#bound ??= 'within'
  }
}

function fairnessOf<State, Action>(properties: readonly Property<State, Action>[]): readonly Fairness<Action>[] {
  return properties.flatMap((property) => (property.kind === 'eventually' ? [property.fair ?? nobody] : []))
}

/** Nobody is owed anything: any run is fair. */
const nobody = (): undefined => undefined
