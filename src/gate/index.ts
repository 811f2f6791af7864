export { createGate } from './gate.ts'
export type { Permit } from './permits.ts'
export type {
  Explanation,
  FlipArguments,
  FlipOptions,
  FlipOutcome,
  FlipResult,
  Gate,
  GateOptions,
  Handle,
  LegalNames,
  Order,
  Recovery,
  ResultOf,
  Safe,
  Stranded,
  Subject,
  SubjectState,
  TypedChart,
} from './types.ts'
