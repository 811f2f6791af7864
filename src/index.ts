export {
  type MemoryJournalOptions,
  type MemoryLockOptions,
  memoryJournal,
  memoryLock,
} from './adapters/memory/index.ts'
export { sealAll } from './audit/index.ts'
export {
  type Clock,
  type Duration,
  ERRORS,
  type ErrorCode,
  type ErrorFacts,
  isPhasegateError,
  PhasegateError,
  terminal,
} from './base/index.ts'
export * from './chart/index.ts'
export { type HeldLease, type WithLeaseOptions, withLease } from './flip/index.ts'
export * from './gate/index.ts'
export type {
  Act,
  Actor,
  Append,
  Approval,
  BreakGlass,
  ChainTip,
  ChartStamp,
  Checkpoint,
  Course,
  Failure,
  Feed,
  FeedEntry,
  FeedPage,
  FlipState,
  FlipWatch,
  Head,
  Journal,
  JournalRecord,
  Lease,
  LeaseChange,
  Lock,
  Part,
  PartFailure,
  PartWatch,
  Prospect,
  RecordKind,
  Rollback,
  SealedRecord,
  Secrets,
  Settled,
  Stop,
  SubjectRef,
  Timer,
  TransactionalJournal,
  WatchedEnd,
} from './ports/index.ts'
export type { FlipBegin, GateEvent, GateEvents, GateWatch, Telemetry, Watched } from './telemetry/index.ts'
