export { checkChain, checkPlace, FIRST_LINK, type Link } from './chain.ts'
export {
  type CheckpointState,
  type MadeCheckpoint,
  makeCheckpoint,
  resumeCheckpoints,
  type Signer,
  signer,
} from './checkpoint.ts'
export { sha256 } from './digest.ts'
export type { StoredRecord } from './examine.ts'
export { CHECKPOINTS, type Fault, type FaultClass } from './fault.ts'
export { type Findings, Inspector } from './inspect.ts'
export { newSigningKey, parseVerifier, type SigningKey, type Verifier } from './keys.ts'
export { logName, subjectOf } from './log-name.ts'
export { examineProof, type ProvenRecord, type RecordProof } from './proof.ts'
export { Replay } from './replay.ts'
export { headerOf, open, seal, sealAll } from './seal.ts'
export { type SecretKeysOptions, secretKeys } from './secret-keys.ts'
