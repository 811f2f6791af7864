export type { CoverageCollector } from './collector.ts'
export { coverage, everySeen } from './coverage.ts'
export {
  type ChartCoverage,
  type Coverage,
  type CoverageKind,
  type Items,
  KINDS,
  merge,
  parseCoverage,
} from './data.ts'
export { handedOn, handOn } from './handed.ts'
export { type ChartReport, report, type Share } from './report.ts'
