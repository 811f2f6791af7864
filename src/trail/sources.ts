import { promises as fs } from 'node:fs'
import { type Fault, logName, type StoredRecord } from '../audit/index.ts'
import { isPhasegateError, refuse } from '../base/index.ts'
import type { AuditEntry, Feed, Journal, LogTip } from '../ports/index.ts'
import { readFileSink, readFileSinkStart } from './files/index.ts'

/** What `verify` reads of a journal. */
export type AuditedJournal = Pick<Feed, 'tips'> & Pick<Journal, 'history'>

/** Records as somebody has them, in their order. */
export type Entries = Iterable<AuditEntry> | AsyncIterable<AuditEntry>

/** Something that the source itself finds while it is read. */
export type Reading =
  | { readonly type: 'record'; readonly record: StoredRecord }
  /** The head of a log, as the journal keeps it; before the records of that log. */
  | { readonly type: 'head'; readonly tip: LogTip }
  | { readonly type: 'fault'; readonly fault: Fault }

/** Where records are read from. */
export interface Source {
  /** Whether a record may be there more than once, as sinks get them. */
  readonly mayRepeat: boolean
  /** Whether it can be read more than once. */
  readonly isLasting: boolean
  /** The last record that was removed on purpose, of each log that begins behind it. */
  begins(): Promise<readonly LogTip[]>
  read(): AsyncIterable<Reading>
}

/** Entries as they were handed to a sink. Given as a function they can be read again. */
export function entriesSource(entries: Entries | (() => Entries)): Source {
  const open = typeof entries === 'function' ? entries : () => entries
  return {
    mayRepeat: true,
    isLasting: typeof entries === 'function' || Array.isArray(entries),
    begins: async () => [],
    async *read() {
      for await (const record of open()) yield { type: 'record', record }
    },
  }
}

/** A journal, subject by subject. It may be in use: a head is read before the records that lead to it. */
export function journalSource(journal: AuditedJournal): Source {
  return {
    mayRepeat: false,
    isLasting: true,
    begins: async () => [],
    read: () => reporting(readJournal(journal)),
  }
}

async function* readJournal(journal: AuditedJournal): AsyncGenerator<Reading, void, undefined> {
  for await (const { subject, n, hash } of journal.tips()) {
    const log = logName(subject)
    yield { type: 'head', tip: { log, n, hash } }
    for await (const { header, payload, hash } of journal.history(subject))
      yield { type: 'record', record: { log, header, payload, hash } }
  }
}

/**
 * A folder of `fileSink` or of the file journal, whichever it is. With `mayBeEmpty`, one of neither is a sink that somebody
 * has emptied. @throws OPTION_INVALID
 */
export async function folderSource(folder: string, mayBeEmpty: boolean): Promise<Source> {
  const names = await fs.readdir(folder)
  if (names.some((name) => /^seg-\d+$/.test(name))) return fileJournalSource(folder)
  if (mayBeEmpty || names.some((name) => /^audit-\d+\.jsonl$/.test(name))) return fileSinkSource(folder)
  return refuse('folder', folder, 'a folder of a file sink or of a file journal')
}

function fileSinkSource(folder: string): Source {
  return {
    mayRepeat: true,
    isLasting: true,
    begins: () => readFileSinkStart(folder),
    read: () => reporting(readSink(folder)),
  }
}

async function* readSink(folder: string): AsyncGenerator<Reading, void, undefined> {
  for await (const record of readFileSink(folder)) yield { type: 'record', record }
}

function fileJournalSource(folder: string): Source {
  return {
    mayRepeat: false,
    isLasting: true,
    begins: async () => [],
    async *read() {
      // Who verifies a sink needs nothing of the file journal.
      const { readFileJournal } = await import('../adapters/file/index.ts')
      for await (const found of readFileJournal(folder))
        yield 'class' in found ? { type: 'fault', fault: found } : { type: 'record', record: found }
    },
  }
}

/** Gives a line that nobody can have written as a fault, and ends there. */
async function* reporting(readings: AsyncIterable<Reading>): AsyncGenerator<Reading, void, undefined> {
  try {
    yield* readings
  } catch (error) {
    yield { type: 'fault', fault: faultOf(error) }
  }
}

/** A line that nobody can have written; whatever else was thrown is thrown on. */
export function faultOf(error: unknown): Fault {
  if (!isPhasegateError(error, 'JOURNAL_CORRUPT')) throw error
  const { file, line, problem } = error.facts
  return { class: 'edited', log: file, n: line, problem }
}
