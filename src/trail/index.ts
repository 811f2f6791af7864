export type { AuditEntry, AuditSink } from '../ports/index.ts'
