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
export type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink, LogTip } from '../ports/index.ts'
export {
  type FileSink,
  type FileSinkOptions,
  fileCheckpoints,
  fileSink,
  readCheckpoints,
  readFileSink,
  readFileSinkStart,
} from './files/index.ts'
export { checkProof, type ProveOptions, prove } from './prove.ts'
export type { AuditedJournal, Entries } from './sources.ts'
export { type VerifyOptions, type VerifyReport, verify } from './verify.ts'
