export { type FileJournal, type FileJournalOptions, fileJournal } from './journal.ts'
