export { explore } from './explore.ts'
export type { Fairness, Model, Told } from './model.ts'
export type { Limits } from './parse.ts'
export {
  always,
  alwaysPossible,
  type EventuallyOptions,
  eventually,
  type Judge,
  never,
  type Property,
  sometimes,
} from './properties.ts'
export { prove } from './prove.ts'
export type { Bound, Finding, Report, Trace, Verdict } from './report.ts'
export { sequence } from './sequence.ts'
export { story, summary } from './story.ts'
