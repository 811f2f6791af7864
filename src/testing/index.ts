export * from './contracts/index.ts'
export {
  type ChartCoverage,
  type ChartReport,
  type Coverage,
  type CoverageCollector,
  type CoverageKind,
  coverage,
  type Items,
  merge as mergeCoverage,
  parseCoverage,
  report as coverageReport,
  type Share,
} from './coverage/index.ts'
export { type MaskedOptions, masked, maskedLines } from './journal-text/index.ts'
export * from './simulate/index.ts'
export { type VirtualClock, virtualClock } from './time/index.ts'
