import { promises as fs } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { realDisk, wholeLines } from '../../adapters/folder/index.ts'
import type { AuditCheckpoint, CheckpointSink } from '../../ports/index.ts'
import { corrupt } from './start.ts'
import { readTail } from './tail.ts'
import { parsePath, sinkFailed } from './trouble.ts'
import { Turns } from './turns.ts'

const WINDOW = 64 * 1024

/**
 * Checkpoints as lines of JSON in a file, each on disk before `write` resolves. Keep it where who can write the journal
 * cannot: another volume, another account. Nothing is held open between two of them.
 *
 * @throws SINK_FAILED
 */
export function fileCheckpoints(path: string): CheckpointSink {
  const file = resolve(parsePath(path, 'path'))
  const turns = new Turns()
  return { write: (checkpoint) => turns.take(() => append(file, checkpoint)) }
}

async function append(file: string, { note, changed, complete }: AuditCheckpoint): Promise<void> {
  try {
    // Opened to append: should another process do the same, neither writes over the other.
    const handle = await fs.open(file, 'a', 0o600)
    try {
      const { size } = await handle.stat()
      const { end } = await readTail(file, WINDOW)
      if (end < size) await handle.truncate(end)
      await appendTo(handle, end, `${JSON.stringify({ note, changed, complete })}\n`)
    } finally {
      await handle.close()
    }
    await realDisk.syncFolder(dirname(file))
  } catch (error) {
    throw sinkFailed(file, error)
  }
}

async function appendTo(handle: fs.FileHandle, end: number, line: string): Promise<void> {
  try {
    await handle.writeFile(line)
    await handle.datasync()
  } catch (error) {
    await handle.truncate(end).catch(() => undefined)
    throw error
  }
}

/**
 * The checkpoints of a file of `fileCheckpoints`, oldest first. An unfinished last line is not given.
 *
 * @throws JOURNAL_CORRUPT at a line that is no checkpoint
 */
export async function* readCheckpoints(path: string): AsyncGenerator<AuditCheckpoint, void, undefined> {
  let line = 0
  for await (const bytes of wholeLines(path, 0, Number.POSITIVE_INFINITY)) {
    line += 1
    const checkpoint = parse(bytes.toString('utf8'))
    if (checkpoint === undefined) throw corrupt(path, line, 'it is not a checkpoint')
    yield checkpoint
  }
}

function parse(text: string): AuditCheckpoint | undefined {
  try {
    const value = JSON.parse(text) as Partial<AuditCheckpoint> | null
    if (typeof value?.note !== 'string' || typeof value.complete !== 'boolean') return undefined
    const { note, changed, complete } = value
    return Array.isArray(changed) && changed.every(isTip) ? { note, changed, complete } : undefined
  } catch {
    return undefined
  }
}

function isTip(tip: unknown): boolean {
  const { log, n, hash } = (tip ?? {}) as Readonly<Record<string, unknown>>
  return typeof log === 'string' && Number.isSafeInteger(n) && typeof hash === 'string'
}
