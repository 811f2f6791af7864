import { promises as fs } from 'node:fs'
import { type Fault, logName, type StoredRecord } from '../audit/index.ts'
import { isPhasegateError, refuse } from '../base/index.ts'
import type { AuditEntry, Feed, Journal, LogTip } from '../ports/index.ts'
import { readFileSinkBundles, readFileSinkStart } from './files/index.ts'

/** What `verify` reads of a journal. */
export type AuditedJournal = Pick<Feed, 'tips'> & Pick<Journal, 'history'>

/** Records as somebody has them, in their order. */
export type Entries = Iterable<AuditEntry> | AsyncIterable<AuditEntry>

/** What comes of a source. Records come in bundles: to wait for each alone would cost as much as to verify it. */
export type Reading =
  | { readonly type: 'records'; readonly records: readonly StoredRecord[] }
  /** The head of a log, as the journal keeps it; before the records of that log. */
  | { readonly type: 'head'; readonly tip: LogTip }
  /** Something that the source itself has found. */
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

const BUNDLE = 256

/** Entries as they were handed to a sink. Given as a function they can be read again. */
export function entriesSource(entries: Entries | (() => Entries)): Source {
  const open = typeof entries === 'function' ? entries : () => entries
  return {
    mayRepeat: true,
    isLasting: typeof entries === 'function' || Array.isArray(entries),
    begins: nothingRemoved,
    read: () => bundled(open(), (entry) => entry),
  }
}

/** A journal, subject by subject. It may be in use: a head is read before the records that lead to it. */
export function journalSource(journal: AuditedJournal): Source {
  return { mayRepeat: false, isLasting: true, begins: nothingRemoved, read: () => reporting(readJournal(journal)) }
}

/**
 * A folder of `fileSink` or of the file journal, whichever it is. With `mayBeEmpty`, one of neither is a sink that somebody
 * has emptied. @throws OPTION_INVALID
 */
export async function folderSource(folder: string, mayBeEmpty: boolean): Promise<Source> {
  const names = await fs.readdir(folder)
  if (names.some((name) => /^seg-\d+$/.test(name))) {
    return { mayRepeat: false, isLasting: true, begins: nothingRemoved, read: () => readJournalFolder(folder) }
  }
  if (mayBeEmpty || names.some((name) => /^audit-\d+\.jsonl$/.test(name))) {
    const begins = (): Promise<readonly LogTip[]> => readFileSinkStart(folder)
    return { mayRepeat: true, isLasting: true, begins, read: () => reporting(readSink(folder)) }
  }
  return refuse('folder', folder, 'a folder of a file sink or of a file journal')
}

/** A line that nobody can have written; whatever else was thrown is thrown on. */
export function faultOf(error: unknown): Fault {
  if (!isPhasegateError(error, 'JOURNAL_CORRUPT')) throw error
  const { file, line, problem } = error.facts
  return { class: 'edited', log: file, n: line, problem }
}

async function nothingRemoved(): Promise<readonly LogTip[]> {
  return []
}

async function* readJournal(journal: AuditedJournal): AsyncGenerator<Reading, void, undefined> {
  for await (const { subject, n, hash } of journal.tips()) {
    const log = logName(subject)
    yield { type: 'head', tip: { log, n, hash } }
    yield* bundled(journal.history(subject), ({ header, payload, hash }) => ({ log, header, payload, hash }))
  }
}

async function* readSink(folder: string): AsyncGenerator<Reading, void, undefined> {
  for await (const records of readFileSinkBundles(folder)) yield { type: 'records', records }
}

async function* readJournalFolder(folder: string): AsyncGenerator<Reading, void, undefined> {
  // Who verifies a sink needs nothing of the file journal.
  const { readFileJournal } = await import('../adapters/file/index.ts')
  for await (const found of readFileJournal(folder))
    yield 'class' in found ? { type: 'fault', fault: found } : { type: 'records', records: [found] }
}

/** What comes one by one, in bundles: also what came before something was thrown. */
async function* bundled<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  toRecord: (item: Item) => StoredRecord,
): AsyncGenerator<Reading, void, undefined> {
  let records: StoredRecord[] = []
  let thrown: { readonly error: unknown } | undefined
  const full = (item: Item): boolean => records.push(toRecord(item)) === BUNDLE
  try {
    if (Symbol.iterator in items) {
      // What is there already is not waited for.
      for (const item of items) if (full(item)) yield taken()
    } else {
      for await (const item of items) if (full(item)) yield taken()
    }
  } catch (error) {
    thrown = { error }
  }
  if (records.length > 0) yield taken()
  if (thrown !== undefined) throw thrown.error

  function taken(): Reading {
    const bundle = records
    records = []
    return { type: 'records', records: bundle }
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
