export type { Clock, Stop } from '../base/index.ts'
export type { Checkpoint, Course, FlipState, Head, Settled, Timer } from './head.ts'
export type { Append, Journal, LeaseChange, SubjectRef, TransactionalJournal } from './journal.ts'
export type { Lease, Lock } from './lock.ts'
export type {
  Actor,
  Body,
  ChartStamp,
  Delay,
  Doing,
  Failure,
  JournalRecord,
  RecordKind,
  SealedRecord,
} from './record.ts'
