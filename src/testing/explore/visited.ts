import { describe, PhasegateError } from '../../base/index.ts'
import { Sequences } from './sequences.ts'
import { Structure } from './structure.ts'

/** The states that were met, each under a number: 0, 1, 2, … */
export interface Visited<State> {
  readonly size: number
  /** Its number, which is the former `size` when it is a new one. */
  add(state: State): number
  /** Its number, or -1. */
  find(state: State): number
}

/** By the user's key, or by all that is in a state; of its representative, where there is one. */
export function visitedBy<State>(
  key: ((state: State) => string | number) | undefined,
  representative: ((state: State) => State) | undefined,
): Visited<State> {
  const visited = key === undefined ? new ByStructure<State>() : new ByKey(key)
  if (representative === undefined) return visited
  return {
    get size() {
      return visited.size
    },
    add: (state) => visited.add(representative(state)),
    find: (state) => visited.find(representative(state)),
  }
}

class ByStructure<State> implements Visited<State> {
  readonly #structure = new Structure()
  readonly #sequences = new Sequences()

  get size(): number {
    return this.#sequences.size
  }

  add(state: State): number {
    const length = this.#structure.write(state)
    return this.#sequences.add(this.#structure.tokens, 0, length)
  }

  find(state: State): number {
    const length = this.#structure.write(state)
    return this.#sequences.find(this.#structure.tokens, 0, length)
  }
}

class ByKey<State> implements Visited<State> {
  readonly #ids = new Map<string | number, number>()
  readonly #key: (state: State) => string | number

  constructor(key: (state: State) => string | number) {
    this.#key = key
  }

  get size(): number {
    return this.#ids.size
  }

  add(state: State): number {
    const key = this.#keyOf(state)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(key, id)
    return id
  }

  find(state: State): number {
    return this.#ids.get(this.#keyOf(state)) ?? -1
  }

  #keyOf(state: State): string | number {
    const key: unknown = this.#key(state)
    if (typeof key === 'string' || typeof key === 'number') return key
    const found = describe(key)
    throw new PhasegateError('STATE_UNKEYED', `the key of a state is ${found}; it must be text or a number`, {
      path: 'key(state)',
      found,
    })
  }
}
