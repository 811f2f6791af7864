import { inspect } from 'node:util'
import { isPlainObject } from '../../base/index.ts'
import type { Model, Told } from './model.ts'

/** How an action of the model is told: as the model says, or by its `actor`, `name` and `to`. */
export function tell<State, Action>({ describe }: Pick<Model<State, Action>, 'describe'>, action: Action): Told {
  if (describe !== undefined) return describe(action)
  if (!isPlainObject(action) || typeof action.name !== 'string') return { actor: undefined, action: shown(action) }
  const { actor, name, to } = action
  const told = { actor: actor === undefined ? undefined : shown(actor), action: name }
  return to === undefined ? told : { ...told, to: shown(to) }
}

/** Any value on one line; text as it is. */
export function shown(value: unknown): string {
  return typeof value === 'string'
    ? value
    : inspect(value, { depth: 8, breakLength: Number.POSITIVE_INFINITY, compact: 100 })
}
