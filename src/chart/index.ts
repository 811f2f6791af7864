export {
  type ChartBuilder,
  type ChartStart,
  type ChartWithDeps,
  type ChartWithTransaction,
  chart,
} from './builder.ts'
export { Denial, deny } from './deny.ts'
export { mermaid } from './diagram.ts'
export type { FlipBody, FlipDeclared, FlipFrom, FlipStart, FlipTo } from './flip-builder.ts'
export type {
  ChartOptions,
  ConfirmOptions,
  GuardOptions,
  InputOptions,
  PhaseOptions,
  Recover,
  RetryOptions,
  StepOptions,
  TransactOptions,
  TransactUndo,
  TransactUndoOptions,
  Undo,
  UndoOptions,
} from './options.ts'
export { type Policy, type PolicyOptions, policy } from './policy.ts'
export { changeSensitive, type Sensitive } from './sensitive.ts'
export type { InferInput, InferOutput, StandardIssue, StandardResult, StandardSchemaV1 } from './standard-schema.ts'
export type {
  AnyChart,
  Chart,
  ConfirmContext,
  ConfirmSpec,
  DepsOf,
  EffectSpec,
  FlipContext,
  FlipSpec,
  FlipsOf,
  FlipType,
  FlipTypes,
  GuardAnswer,
  GuardContext,
  GuardSpec,
  LegalFrom,
  Migrations,
  PhaseSpec,
  PhasesOf,
  PolicySpec,
  RetrySpec,
  StepContext,
  StepSpec,
  Table,
  TransactSpec,
  TransactUndoContext,
  TransactUndoSpec,
  TxOf,
  UndoContext,
  UndoSpec,
} from './types.ts'
