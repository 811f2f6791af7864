export {
  type Fault,
  type FaultClass,
  newSigningKey,
  type ProvenRecord,
  type RecordProof,
  type SecretKeysOptions,
  type Signer,
  type SigningKey,
  secretKeys,
  signer,
} from '../audit/index.ts'
export type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink, Feed, LogTip } from '../ports/index.ts'
export type { CheckpointsLag, RecordsLag, TrailLag } from '../telemetry/index.ts'
export { callbackCheckpoints, callbackSink } from './callbacks.ts'
export type { TrailEvent, TrailEvents } from './events.ts'
export {
  type FileSink,
  type FileSinkOptions,
  fileCheckpoints,
  fileSink,
  readCheckpoints,
  readFileSink,
  readFileSinkStart,
} from './files/index.ts'
export type { AuditTrailOptions, CheckpointsOptions } from './options.ts'
export { checkProof, type ProveOptions, prove } from './prove.ts'
export type { AuditedJournal, Entries } from './sources.ts'
export { auditTrail, type Trail, type WithinOptions } from './trail.ts'
export { type VerifyOptions, type VerifyReport, verify } from './verify.ts'
