import { PhasegateError } from '../../base/index.ts'
import { explore } from './explore.ts'
import type { Model } from './model.ts'
import type { Limits } from './parse.ts'
import type { Property } from './properties.ts'
import type { Report } from './report.ts'
import { story, summary } from './story.ts'

/**
 * Explores, and throws unless every property holds of all that can happen: a test in one line.
 * @throws PROOF_FAILED with the story of the first counterexample, also when a bound was hit; and what `explore` throws
 */
export function prove<State, Action>(
  model: Model<State, Action>,
  properties: readonly Property<NoInfer<State>, NoInfer<Action>>[],
  limits?: Limits,
): Report<State> {
  const report = explore(model, properties, limits)
  if (report.verdict === 'holds') return report
  const bad = report.properties.filter(({ verdict }) => verdict !== 'holds')
  const trace = bad.find(({ counterexample }) => counterexample !== undefined)?.counterexample
  throw new PhasegateError('PROOF_FAILED', summary(report), {
    proof: 'explore',
    problems: bad.map(({ name, kind, verdict }) => `${verdict}: ${kind} "${name}"`),
    point: undefined,
    story: trace === undefined ? [] : story(trace).split('\n'),
  })
}
