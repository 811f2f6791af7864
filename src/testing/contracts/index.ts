export { type AuditSinkCase, type AuditSinkHarness, auditSinkContract } from './audit-sink-contract.ts'
export {
  type CheckpointSinkCase,
  type CheckpointSinkHarness,
  checkpointSinkContract,
} from './checkpoint-sink-contract.ts'
export { type ClockCase, type ClockHarness, clockContract } from './clock-contract.ts'
export { type JournalCase, type JournalHarness, journalContract } from './journal-contract.ts'
export { type LockCase, type LockHarness, lockContract } from './lock-contract.ts'
export type { PortPromise } from './port-promise.ts'
export {
  auditSinkPromises,
  checkpointSinkPromises,
  clockPromises,
  journalPromises,
  lockPromises,
  secretsPromises,
  transactPromises,
} from './promises.ts'
export { type SecretsCase, type SecretsHarness, secretsContract } from './secrets-contract.ts'
export { type TransactCase, type TransactHarness, transactContract } from './transact-contract.ts'
