export * from './chart-model/index.ts'
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
export {
  type CrashArguments,
  type CrashOptions,
  type CrashReport,
  crashEverywhere,
  type FlipRequest,
  type Invariants,
  type Rested,
} from './crash/index.ts'
export * from './explore/index.ts'
export { type MaskedOptions, masked, maskedLines } from './journal-text/index.ts'
export * from './paths/index.ts'
export {
  type FailOptions,
  type FaultOptions,
  type GivenJournal,
  type Ledger,
  type LedgerEntry,
  type Outside,
  type SimulateArguments,
  type SimulatedJournal,
  type SimulateOptions,
  type Simulation,
  simulate,
  type Token,
} from './simulate/index.ts'
export { type VirtualClock, virtualClock } from './time/index.ts'
