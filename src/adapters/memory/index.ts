export { type MemoryJournalOptions, memoryJournal } from './journal.ts'
export { type MemoryLockOptions, memoryLock } from './lock.ts'
