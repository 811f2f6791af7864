import { promises as fs } from 'node:fs'
import { isPhasegateError, PhasegateError } from '../../base/index.ts'
import { causeOf } from '../folder/index.ts'
import { type AppendLine, parseLine } from './line.ts'
import type { Stored } from './recover.ts'
import { corrupt, segmentName } from './segment.ts'

/**
 * Reads appends back, one at a time. Throws `JOURNAL_CORRUPT` at one that is no longer what was written, and
 * `JOURNAL_FAILED` where the disk does not answer.
 */
export async function* readLines(
  folder: string,
  places: readonly Stored[],
): AsyncGenerator<AppendLine, void, undefined> {
  try {
    yield* readEach(folder, places)
  } catch (error) {
    throw isPhasegateError(error) ? error : unreadable(folder, error)
  }
}

/** What is thrown when a disk does not answer. */
export function unreadable(folder: string, error: unknown): PhasegateError<'JOURNAL_FAILED'> {
  const cause = causeOf(error)
  const facts = { operation: 'read', cause }
  return new PhasegateError('JOURNAL_FAILED', `cannot read ${folder}: ${cause}`, facts, { cause: error })
}

/** The same lines, as they stand. */
export async function* readTexts(folder: string, places: readonly Stored[]): AsyncGenerator<string, void, undefined> {
  try {
    for await (const { handle, place } of eachOpen(folder, places)) yield await textAt(handle, place)
  } catch (error) {
    throw isPhasegateError(error) ? error : unreadable(folder, error)
  }
}

async function* readEach(folder: string, places: readonly Stored[]): AsyncGenerator<AppendLine, void, undefined> {
  for await (const { handle, place } of eachOpen(folder, places)) yield await readLine(folder, handle, place)
}

interface OpenPlace {
  readonly handle: fs.FileHandle
  readonly place: Stored
}

async function* eachOpen(folder: string, places: readonly Stored[]): AsyncGenerator<OpenPlace, void, undefined> {
  let open: { readonly segment: number; readonly handle: fs.FileHandle } | undefined
  try {
    for (const place of places) {
      if (open?.segment !== place.segment) {
        await open?.handle.close()
        open = undefined
        open = { segment: place.segment, handle: await fs.open(`${folder}/${segmentName(place.segment)}`, 'r') }
      }
      yield { handle: open.handle, place }
    }
  } finally {
    await open?.handle.close()
  }
}

async function readLine(folder: string, handle: fs.FileHandle, place: Stored): Promise<AppendLine> {
  const line = parseLine(await textAt(handle, place))
  if (typeof line !== 'string' && line.is === 'append') return line
  const problem = typeof line === 'string' ? line : `an append is expected here, not "${line.is}"`
  throw corrupt(`${folder}/${segmentName(place.segment)}`, await lineNumber(handle, place.offset), problem)
}

async function textAt(handle: fs.FileHandle, { offset, length }: Stored): Promise<string> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset)
  return buffer.toString('utf8')
}

/** The number of the line that begins at a byte. */
export async function lineAt(path: string, offset: number): Promise<number> {
  const handle = await fs.open(path, 'r')
  try {
    return await lineNumber(handle, offset)
  } finally {
    await handle.close()
  }
}

async function lineNumber(handle: fs.FileHandle, offset: number): Promise<number> {
  const { buffer } = await handle.read(Buffer.alloc(offset), 0, offset, 0)
  return buffer.reduce((count, byte) => (byte === 10 ? count + 1 : count), 1)
}
