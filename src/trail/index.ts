export { type SecretKeysOptions, secretKeys } from '../audit/index.ts'
export type { AuditEntry, AuditSink } from '../ports/index.ts'
