import { callable, known, label } from '../../base/index.ts'
import type { Fairness } from './model.ts'

/** What is claimed of a model. Made by `always`, `never`, `sometimes`, `alwaysPossible` and `eventually`. */
export type Property<State, Action> =
  | { readonly kind: 'always'; readonly name: string; readonly holds: Judge<State, Action> }
  | { readonly kind: 'never'; readonly name: string; readonly happens: Judge<State, Action> }
  | { readonly kind: 'sometimes'; readonly name: string; readonly is: (state: State) => boolean }
  | { readonly kind: 'alwaysPossible'; readonly name: string; readonly goal: (state: State) => boolean }
  | {
      readonly kind: 'eventually'
      readonly name: string
      readonly is: (state: State) => boolean
      readonly fair: Fairness<Action> | undefined
    }

/**
 * Asked for every action in every state, so for every way into a state. For a state to begin with `before` is the state
 * itself, and `action` undefined.
 */
export type Judge<State, Action> = (state: State, before: State, action: Action | undefined) => boolean

export interface EventuallyOptions<Action> {
  /**
   * Whoever could act without end acts some time. Undefined: never forced, as a crash is not.
   * @default what the model says; without that the action's actor, or its name where it has none
   */
  readonly fair?: Fairness<Action> | undefined
}

/** Safety: it is so at the beginning, and after everything that can happen. @throws OPTION_INVALID */
export function always<State, Action>(name: string, holds: Judge<State, Action>): Property<State, Action> {
  return { kind: 'always', ...parsed(name, 'always', { holds }) }
}

/** Safety: it is not so at the beginning, nor after anything that can happen. @throws OPTION_INVALID */
export function never<State, Action>(name: string, happens: Judge<State, Action>): Property<State, Action> {
  return { kind: 'never', ...parsed(name, 'never', { happens }) }
}

/** It can come to this: the finding has the shortest way as its witness. @throws OPTION_INVALID */
export function sometimes<State, Action>(name: string, is: (state: State) => boolean): Property<State, Action> {
  return { kind: 'sometimes', ...parsed(name, 'sometimes', { is }) }
}

/**
 * From every state that it can get into, the goal can still be reached: there is no trap. The counterexample is the nearest
 * end without the goal; where there is none, the nearest state that has no way to it any more. @throws OPTION_INVALID
 */
export function alwaysPossible<State, Action>(name: string, goal: (state: State) => boolean): Property<State, Action> {
  return { kind: 'alwaysPossible', ...parsed(name, 'alwaysPossible', { goal }) }
}

/** Every weakly fair run comes to this. @throws OPTION_INVALID */
export function eventually<State, Action>(
  name: string,
  is: (state: State) => boolean,
  options?: EventuallyOptions<Action>,
): Property<State, Action> {
  const { fair } = known(options, 'eventually, options', ['fair']) as EventuallyOptions<Action>
  if (fair !== undefined) callable(fair, 'eventually, options.fair')
  return { kind: 'eventually', ...parsed(name, 'eventually', { is }), fair }
}

function parsed<Ask extends object>(name: string, kind: string, ask: Ask): Ask & { readonly name: string } {
  for (const [member, value] of Object.entries(ask)) callable(value, `${kind}, ${member}`)
  return { name: label(name, `the name of ${kind}`), ...ask }
}
