export {
  newSigningKey,
  type SecretKeysOptions,
  type Signer,
  type SigningKey,
  secretKeys,
  signer,
} from '../audit/index.ts'
export type { AuditCheckpoint, AuditEntry, AuditSink, CheckpointSink, LogTip } from '../ports/index.ts'
export { fileCheckpoints, readCheckpoints, readFileSink, readFileSinkStart } from './files/index.ts'
