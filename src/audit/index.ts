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
export { newSigningKey, type SigningKey } from './keys.ts'
export { logName, subjectOf } from './log-name.ts'
export { headerOf, open, seal, sealAll } from './seal.ts'
export { type SecretKeysOptions, secretKeys } from './secret-keys.ts'
