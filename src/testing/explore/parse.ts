import type { Duration } from '../../base/index.ts'
import { callable, isPlainObject, known, limit, positiveInteger, refuse } from '../../base/index.ts'
import type { Model } from './model.ts'
import type { Property } from './properties.ts'
import { tell } from './tell.ts'

export interface Limits {
  /**
   * Distinct states.
   * @default 1_000_000
   */
  readonly states?: number | undefined
  /**
   * Actions in a run.
   * @default as many as there are
   */
  readonly depth?: number | undefined
  /**
   * Time. A report that hit it is not the same on another machine.
   * @default as long as it takes
   */
  readonly within?: Duration | undefined
  /**
   * When to stop: when each property is decided, as far as it can be, or at the first violation.
   * @default 'decided'
   */
  readonly until?: 'decided' | 'violated' | undefined
}

export interface ParsedLimits {
  readonly states: number
  readonly depth: number
  readonly withinMs: number
  readonly until: 'decided' | 'violated'
}

const KINDS = ['always', 'never', 'sometimes', 'alwaysPossible', 'eventually']

export function parseModel<State, Action>(model: Model<State, Action>): Model<State, Action> {
  const names = ['init', 'actions', 'next', 'key', 'representative', 'describe', 'fair']
  // What lives in a class has its methods in its prototype.
  if (!isPlainObject(model)) return refuse('the model', model, 'an object with init, actions and next')
  const given: Model<State, Action> = model
  if (Object.getPrototypeOf(given) === Object.prototype) known(given, 'the model', names)
  if (!Array.isArray(given.init) || given.init.length === 0) {
    refuse('init of the model', given.init, 'a list of one state or more')
  }
  callable(given.actions, 'actions of the model')
  callable(given.next, 'next of the model')
  if (given.key !== undefined) callable(given.key, 'key of the model')
  if (given.representative !== undefined) callable(given.representative, 'representative of the model')
  if (given.describe !== undefined) callable(given.describe, 'describe of the model')
  if (given.fair !== undefined) callable(given.fair, 'fair of the model')
  return given
}

/** @throws OPTION_INVALID also for `eventually` of a model with symmetry: a circle of representatives is no circle */
export function parseProperties<State, Action>(
  properties: readonly Property<State, Action>[],
  model: Model<State, Action>,
): readonly Property<State, Action>[] {
  if (!Array.isArray(properties)) return refuse('properties', properties, 'a list')
  for (const [index, property] of properties.entries()) {
    const isOne = isPlainObject(property) && KINDS.includes(String(property.kind))
    if (!isOne) refuse(`properties[${index}]`, property, `made by ${KINDS.join(', ')}`)
  }
  const { representative } = model
  const endless = properties.find(({ kind }) => kind === 'eventually')
  if (endless !== undefined && representative !== undefined) {
    refuse('representative of the model', representative, `left out where eventually("${endless.name}") is asked`)
  }
  return properties.map((property) => withFairness(property, model))
}

/** Where neither the property nor the model says otherwise, actors are owed that they act. */
function withFairness<State, Action>(
  property: Property<State, Action>,
  model: Model<State, Action>,
): Property<State, Action> {
  if (property.kind !== 'eventually' || property.fair !== undefined) return property
  const fair = (action: Action): string => {
    const told = tell(model, action)
    return told.actor ?? told.action
  }
  return { ...property, fair: model.fair ?? fair }
}

export function parseLimits(limits: Limits | undefined): ParsedLimits {
  const given = known(limits, 'limits', ['states', 'depth', 'within', 'until'])
  const { until = 'decided' } = given
  if (until !== 'decided' && until !== 'violated') return refuse('limits.until', until, "'decided' or 'violated'")
  return {
    states: given.states === undefined ? 1_000_000 : positiveInteger(given.states, 'limits.states'),
    depth: given.depth === undefined ? Number.POSITIVE_INFINITY : positiveInteger(given.depth, 'limits.depth'),
    withinMs: given.within === undefined ? Number.POSITIVE_INFINITY : limit(given.within, 'limits.within', 1),
    until,
  }
}
