import type { Told } from './model.ts'
import type { Property } from './properties.ts'

/**
 * `holds`: of everything that can happen. `holds-within-bounds`: of all that was seen before a bound was hit.
 * `incomplete`: what was seen does not say.
 */
export type Verdict = 'holds' | 'holds-within-bounds' | 'violated' | 'incomplete'

/** What ended an exploration before it was complete; `violation`: there was nothing left to find out. */
export type Bound = 'states' | 'depth' | 'within' | 'violation'

/** The worst of the findings' verdicts. `holds` means complete: no bound was hit. */
export interface Report<State> {
  readonly verdict: Verdict
  /** Distinct ones. */
  readonly states: number
  readonly transitions: number
  /** The most actions that the shortest way to a state has. */
  readonly depth: number
  readonly bound: Bound | undefined
  /** One for each property, in their order. */
  readonly properties: readonly Finding<State>[]
}

export interface Finding<State> {
  readonly name: string
  readonly kind: Property<State, unknown>['kind']
  readonly verdict: Verdict
  /** A shortest one; defined when the property is violated, but for a `sometimes`: that it never happens has no run. */
  readonly counterexample: Trace<State> | undefined
  /** A shortest one; defined when a `sometimes` holds. */
  readonly witness: Trace<State> | undefined
}

/** A run of the model: each action, and the state that it led to. */
export interface Trace<State> {
  readonly start: State
  readonly steps: readonly (Told & { readonly state: State })[]
  /** The run goes round for ever: after its last step it is where it was after so many. Undefined: it does not. */
  readonly loop: number | undefined
}
