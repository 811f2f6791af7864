import { describe, onTestFinished, test } from 'vitest'
import { type FileJournalOptions, fileJournal } from '../../src/adapters/file/index.ts'
import { type JournalHarness, journalContract } from '../../src/testing/contracts/index.ts'
import { virtualClock } from '../../src/testing/time/index.ts'
import { newFolder } from './file/folder.ts'

function harness(options: FileJournalOptions = {}): JournalHarness {
  const clock = virtualClock()
  const folder = newFolder()
  let journal = fileJournal(folder, { clock, ...options })
  onTestFinished(() => journal.close())
  return {
    journal,
    clock,
    reopen: async () => {
      await journal.close()
      journal = fileJournal(folder, { clock, ...options })
      return journal
    },
  }
}

describe('the file journal keeps promise', () => {
  test.each(journalContract)('$promise: $name', ({ run }) => run(harness()))
})

describe('the file journal, with a new segment for almost every append, keeps promise', () => {
  test.each(journalContract)('$promise: $name', ({ run }) => run(harness({ segmentBytes: 1_000 })))
})
