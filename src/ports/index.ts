export type { Act, Clock, Stop } from '../base/index.ts'
export type { ChainTip, Feed, FeedEntry, FeedPage } from './feed.ts'
export type { Approval, Checkpoint, Course, FlipState, Head, Rollback, Settled, Timer } from './head.ts'
export type { Append, Journal, LeaseChange, TransactionalJournal } from './journal.ts'
export type { Lease, Lock } from './lock.ts'
export type {
  Actor,
  Body,
  BreakGlass,
  ChartStamp,
  Delay,
  Doing,
  Failure,
  JournalRecord,
  RecordKind,
  SealedRecord,
} from './record.ts'
export type { Secrets } from './secrets.ts'
export type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink, LogTip } from './sink.ts'
export type { SubjectRef } from './subject.ts'
export type { FlipWatch, Part, PartFailure, PartWatch, Prospect, WatchedEnd } from './watch.ts'
