export type { Authorization, Authorize } from './access.ts'
export { createGate } from './gate.ts'
export type { GateArguments, GateOptions, TypedChart } from './gate-options.ts'
export type { Permit } from './permits.ts'
export type {
  Explanation,
  FlipArguments,
  FlipOptions,
  FlipOutcome,
  FlipResult,
  Gate,
  Handle,
  LegalNames,
  Order,
  RecordRange,
  Recovery,
  ResultOf,
  Safe,
  Stranded,
  Subject,
  SubjectState,
} from './types.ts'
