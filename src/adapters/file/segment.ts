import { promises as fs } from 'node:fs'
import { PhasegateError } from '../../base/index.ts'
import { wholeLines } from '../folder/index.ts'
import { type Line, parseLine, RELEASED } from './line.ts'

const NAME = /^seg-(\d{6,})$/

/** The name of a segment's file. */
export function segmentName(number: number): string {
  return `seg-${String(number).padStart(6, '0')}`
}

/** The numbers of the segments in a folder, oldest first. Other files are none of ours. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await fs.readdir(folder)
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** A place to read on from: always the beginning of a line. `line` counts from 1. */
export interface Position {
  readonly offset: number
  readonly line: number
}

export const BEGINNING: Position = { offset: 0, line: 1 }

/** A line and where it stands, without its line feed. */
export interface Placed extends Position {
  readonly value: Line
  readonly length: number
}

/**
 * Reads whole lines, from a position up to `limit` bytes of the file; an unfinished last line is not given. Throws
 * `JOURNAL_CORRUPT` at a line that is not what was written.
 */
export async function* readSegment(
  path: string,
  from: Position,
  limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Placed, void, undefined> {
  let { offset, line } = from
  for await (const bytes of wholeLines(path, offset, limit)) {
    const value = parseLine(bytes.toString('utf8'))
    if (typeof value === 'string') throw corrupt(path, line, value)
    yield { value, offset, line, length: bytes.length }
    offset += bytes.length + 1
    line += 1
  }
}

/** Whether the owner of a segment gave it back. Of no consequence beyond that: it is not checked, only compared. */
export async function endsReleased(path: string): Promise<boolean> {
  const handle = await fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    if (size < RELEASED.length) return false
    const { buffer } = await handle.read(Buffer.alloc(RELEASED.length), 0, RELEASED.length, size - RELEASED.length)
    return buffer.toString('utf8') === RELEASED
  } finally {
    await handle.close()
  }
}

/** What is thrown at a line that is not what was written. */
export function corrupt(file: string, line: number, problem: string): PhasegateError<'JOURNAL_CORRUPT'> {
  return new PhasegateError('JOURNAL_CORRUPT', `${file}, line ${line}: ${problem}`, { file, line, problem })
}
