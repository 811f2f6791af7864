export { type JournalCase, type JournalHarness, journalContract } from './journal-contract.ts'
export { type LockCase, type LockHarness, lockContract } from './lock-contract.ts'
export { type TransactCase, type TransactHarness, transactContract } from './transact-contract.ts'
