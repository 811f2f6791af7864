/**
 * What can happen to something: where it may begin, what can happen in a state, and what comes of it. Pure: the same
 * state and action give the same result whenever they are asked, and no state is changed.
 */
export interface Model<State, Action> {
  /** Where it may begin: one state, or several. */
  readonly init: readonly State[]
  /** What can happen. None: the state is an end. */
  actions(state: State): readonly Action[]
  next(state: State, action: Action): State
  /**
   * Equal for states from which the same can happen, and for no others.
   * @default all that is in the state: plain objects, arrays, Map, Set and primitives
   */
  readonly key?: ((state: State) => string | number) | undefined
  /**
   * One state for all that differ only by the names of equals (symmetry). What is explored are the real ones.
   * @default the state itself
   */
  readonly representative?: ((state: State) => State) | undefined
  /**
   * How an action is told.
   * @default its `actor`, `name` and `to` where it has them; text as it is
   */
  readonly describe?: ((action: Action) => Told) | undefined
  /**
   * Who is owed that an action happens, when it stays possible: `eventually` looks only at runs that keep to it. Undefined:
   * never forced, as a crash is not.
   * @default the action's actor; its name where it has none
   */
  readonly fair?: Fairness<Action> | undefined
}

/** Who is owed that this action happens; undefined when nobody is. */
export type Fairness<Action> = (action: Action) => string | undefined

/** An action, as a trace tells it: who does what, and to whom. */
export interface Told {
  readonly actor: string | undefined
  readonly action: string
  readonly to?: string | undefined
}
