import { Marks } from './marks.ts'
import type { Property } from './properties.ts'

/** An action of a state, by number. `from` is -1 for a state to begin with: then it is that one's place in `init`. */
export interface Place {
  readonly from: number
  readonly index: number
}

type Moving<State, Action> = Extract<Property<State, Action>, { kind: 'always' | 'never' }>
type Seeking<State, Action> = Extract<Property<State, Action>, { kind: 'sometimes' }>
type Possible<State, Action> = Extract<Property<State, Action>, { kind: 'alwaysPossible' }>

/** What is asked while the states are met. The first place found is one of the nearest. */
export class Checks<State, Action> {
  readonly #moving: Moving<State, Action>[]
  readonly #seeking: Seeking<State, Action>[]
  readonly #possible: Possible<State, Action>[]
  readonly #found = new Map<Property<State, Action>, Place>()
  /** Of a property that has to be judged by the whole graph: in which states it is so. */
  readonly #marks = new Map<Property<State, Action>, Marks>()
  readonly #marking: readonly { readonly is: (state: State) => boolean; readonly marks: Marks }[]
  #violations = 0
  #undecided: number
  #from = -1
  #index = 0

  constructor(properties: readonly Property<State, Action>[]) {
    this.#moving = properties.filter((property) => property.kind === 'always' || property.kind === 'never')
    this.#seeking = properties.filter((property) => property.kind === 'sometimes')
    this.#possible = properties.filter((property) => property.kind === 'alwaysPossible')
    this.#undecided = properties.length
    const lasting = properties.filter(({ kind }) => kind === 'alwaysPossible' || kind === 'eventually')
    for (const property of lasting) this.#marks.set(property, new Marks())
    this.#marking = lasting.map((property) => ({
      is: property.kind === 'eventually' ? property.is : (property as Possible<State, Action>).goal,
      marks: this.marksOf(property),
    }))
  }

  get violations(): number {
    return this.#violations
  }

  get undecided(): number {
    return this.#undecided
  }

  /** Where it was violated or, for `sometimes`, met. */
  foundOf(property: Property<State, Action>): Place | undefined {
    return this.#found.get(property)
  }

  marksOf(property: Property<State, Action>): Marks {
    return this.#marks.get(property) ?? new Marks()
  }

  /** What is asked next is about this action of this state. */
  at(from: number, index: number): void {
    this.#from = from
    this.#index = index
  }

  /** For every action in every state. */
  moved(state: State, before: State, action: Action | undefined): void {
    for (let index = 0; index < this.#moving.length; index++) {
      const property = this.#moving[index] as Moving<State, Action>
      const isBroken =
        property.kind === 'always' ? !property.holds(state, before, action) : property.happens(state, before, action)
      if (!isBroken) continue
      this.#violated(property)
      this.#moving.splice(index--, 1)
    }
  }

  /** For every state once. */
  met(state: State, id: number): void {
    for (const { is, marks } of this.#marking) if (is(state)) marks.set(id)
    for (let index = 0; index < this.#seeking.length; index++) {
      const property = this.#seeking[index] as Seeking<State, Action>
      if (!property.is(state)) continue
      this.#found.set(property, this.#place())
      this.#undecided--
      this.#seeking.splice(index--, 1)
    }
  }

  /** For every state in which nothing can happen: what is not so now never will be. */
  ended(id: number): void {
    for (let index = 0; index < this.#possible.length; index++) {
      const property = this.#possible[index] as Possible<State, Action>
      if (this.marksOf(property).has(id)) continue
      this.#violated(property)
      this.#possible.splice(index--, 1)
    }
  }

  #place(): Place {
    return { from: this.#from, index: this.#index }
  }

  #violated(property: Property<State, Action>): void {
    this.#found.set(property, this.#place())
    this.#violations++
    this.#undecided--
  }
}
