export { type CrashReport, crashEverywhere } from './crash-everywhere.ts'
export type { CrashArguments, CrashOptions, FlipRequest, Invariants, Rested } from './options.ts'
