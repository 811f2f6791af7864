export { type FileJournal, type FileJournalOptions, fileJournal } from './journal.ts'
export { readFileJournal, type SegmentRecord } from './look.ts'
