export { allRoles } from './actor.ts'
export type { PlayedCall } from './cast.ts'
export type { Ledger, LedgerEntry, Token } from './ledger.ts'
export {
  type GivenJournal,
  type Outside,
  parseSimulateOptions,
  SIMULATE_NAMES,
  type SimulateArguments,
  type SimulateBase,
  type SimulatedJournal,
  type SimulateOptions,
  type SimulateSettings,
} from './options.ts'
export { TRANSACTION } from './ports.ts'
export type { Moment, SimulatedProcess } from './process.ts'
export { simulate, simulationIn } from './simulation.ts'
export { Stage } from './stage.ts'
export type { FailOptions, FaultOptions, Simulation } from './types.ts'
