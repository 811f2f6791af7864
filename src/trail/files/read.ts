import { bundledLines } from '../../adapters/folder/index.ts'
import type { AuditEntry, LogTip } from '../../ports/index.ts'
import { parseEntry } from './line.ts'
import { listSegments, segmentName } from './segment.ts'
import { corrupt, readStart } from './start.ts'

/**
 * Every entry that a `fileSink` holds, in the order in which they were written; some may stand there twice. Streams, and
 * may be read while it is written. An unfinished last line of a file was never acknowledged, and is not given.
 *
 * @throws JOURNAL_CORRUPT at a line that is no entry
 */
export async function* readFileSink(folder: string): AsyncGenerator<AuditEntry, void, undefined> {
  for await (const entries of readFileSinkBundles(folder)) yield* entries
}

/** The same, in bundles. @throws JOURNAL_CORRUPT */
export async function* readFileSinkBundles(folder: string): AsyncGenerator<readonly AuditEntry[], void, undefined> {
  const { segment: first } = await readStart(folder)
  for (const segment of await listSegments(folder)) {
    if (segment >= first) yield* readBundles(`${folder}/${segmentName(segment)}`)
  }
}

/**
 * Where the logs of a `fileSink` go on from, after `keep` has removed its oldest files: the last record of each log that
 * was removed. Empty when nothing was.
 */
export async function readFileSinkStart(folder: string): Promise<readonly LogTip[]> {
  return (await readStart(folder)).tips
}

/** The entries of one file. */
export async function* readSegment(path: string): AsyncGenerator<AuditEntry, void, undefined> {
  for await (const entries of readBundles(path)) yield* entries
}

async function* readBundles(path: string): AsyncGenerator<readonly AuditEntry[], void, undefined> {
  let line = 0
  for await (const lines of bundledLines(path, 0, Number.POSITIVE_INFINITY)) {
    const entries: AuditEntry[] = []
    for (const bytes of lines) {
      line += 1
      const entry = parseEntry(bytes.toString('utf8'))
      if (typeof entry === 'string') {
        yield entries
        throw corrupt(path, line, entry)
      }
      entries.push(entry)
    }
    yield entries
  }
}
