import { unreachable } from '../../base/index.ts'
import { trapIn } from './backward.ts'
import { lassoIn } from './lasso.ts'
import type { Model } from './model.ts'
import { type Limits, parseLimits, parseModel, parseProperties } from './parse.ts'
import type { Property } from './properties.ts'
import { type Run, replay, runTo } from './replay.ts'
import type { Finding, Report, Verdict } from './report.ts'
import { Search } from './search.ts'

/**
 * Every state that the model can get into, breadth first, and what is so of them. Counterexamples are shortest ones.
 * `holds` is only said of all that can happen: of an exploration that hit no bound.
 * @throws OPTION_INVALID, STATE_UNKEYED, MODEL_IMPURE; and whatever the model's own functions throw
 */
export function explore<State, Action>(
  model: Model<State, Action>,
  properties: readonly Property<NoInfer<State>, NoInfer<Action>>[],
  limits?: Limits,
): Report<State> {
  const given = parseModel(model)
  const asked = parseProperties(properties, given)
  const search = new Search(given, asked, parseLimits(limits))
  search.run()
  const { states, transitions, depth } = search.counts
  // Of a model that is not pure most runs cannot be repeated: this one would be the first to show it.
  replay(search, runTo(search, states - 1))
  const findings = asked.map((property) => findingOf(search, property))
  return { verdict: worstOf(search, findings), states, transitions, depth, bound: search.bound, properties: findings }
}

const FROM_BEST: readonly Verdict[] = ['holds', 'holds-within-bounds', 'incomplete', 'violated']

function worstOf<State, Action>({ bound }: Search<State, Action>, findings: readonly Finding<State>[]): Verdict {
  const all: Verdict[] = [
    bound === undefined ? 'holds' : 'holds-within-bounds',
    ...findings.map(({ verdict }) => verdict),
  ]
  return all.reduce((worst, verdict) => (FROM_BEST.indexOf(verdict) > FROM_BEST.indexOf(worst) ? verdict : worst))
}

function findingOf<State, Action>(search: Search<State, Action>, property: Property<State, Action>): Finding<State> {
  const { name, kind } = property
  const run = runOf(search, property)
  if (run !== undefined) {
    const trace = replay(search, run)
    if (kind === 'sometimes') return { name, kind, verdict: 'holds', counterexample: undefined, witness: trace }
    return { name, kind, verdict: 'violated', counterexample: trace, witness: undefined }
  }
  return { name, kind, verdict: withoutRun(kind, search), counterexample: undefined, witness: undefined }
}

/** What it means that nothing was found: of what is sought, that there is none; of what is feared, too. */
function withoutRun<State, Action>(kind: Finding<State>['kind'], { bound }: Search<State, Action>): Verdict {
  const isSafety = kind === 'always' || kind === 'never'
  if (bound !== undefined) return isSafety ? 'holds-within-bounds' : 'incomplete'
  return kind === 'sometimes' ? 'violated' : 'holds'
}

/** The run that violates the property, or shows what it seeks. */
function runOf<State, Action>(search: Search<State, Action>, property: Property<State, Action>): Run | undefined {
  const place = search.checks.foundOf(property)
  if (place !== undefined) {
    if (place.from === -1) return { init: place.index, moves: [], loop: undefined }
    const run = runTo(search, place.from)
    return { ...run, moves: [...run.moves, { index: place.index, to: -1 }] }
  }
  switch (property.kind) {
    case 'always':
    case 'never':
    case 'sometimes':
      return undefined
    case 'alwaysPossible':
      return trapOf(search, property)
    case 'eventually':
      return lassoOf(search, property)
    default:
      return unreachable(property)
  }
}

function trapOf<State, Action>(search: Search<State, Action>, property: Property<State, Action>): Run | undefined {
  if (search.edges === undefined) return undefined
  const trap = trapIn(search.edges, search.checks.marksOf(property), search.counts.states)
  return trap === -1 ? undefined : runTo(search, trap)
}

function lassoOf<State, Action>(
  search: Search<State, Action>,
  property: Extract<Property<State, Action>, { kind: 'eventually' }>,
): Run | undefined {
  const { edges, checks, initial } = search
  if (edges === undefined || property.fair === undefined) return undefined
  const lasso = lassoIn({ edges, classes: edges.classesBy(property.fair), marks: checks.marksOf(property), initial })
  if (lasso === undefined) return undefined
  let at = lasso.start
  const moves = lasso.edges.map((edge) => {
    const index = edge - edges.first(at)
    at = edges.target(edge)
    return { index, to: at }
  })
  return { init: search.cameTo(lasso.start).index, moves, loop: lasso.loop }
}
