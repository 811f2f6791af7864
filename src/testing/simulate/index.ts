export type { Ledger, LedgerEntry, Token } from './ledger.ts'
export type { GivenDeps, Outside, SimulateArguments, SimulatedJournal, SimulateOptions } from './options.ts'
export { simulate } from './simulation.ts'
export type { FailOptions, FaultOptions, Simulation } from './types.ts'
