import { promises as fs } from 'node:fs'
import { wholeLines } from '../../adapters/folder/index.ts'

/** The end of a file of lines. */
export interface Tail {
  /** Where its last whole line ends; what lies beyond was never acknowledged. */
  readonly end: number
  /** Its last lines, as many as are in the window. */
  readonly lines: readonly string[]
}

/** Reads no more than the last `window` bytes, unless they hold no whole line. */
export async function readTail(path: string, window: number): Promise<Tail> {
  const { size } = await fs.stat(path)
  const start = Math.max(0, size - window)
  const tail = await readFrom(path, start)
  return tail.lines.length === 0 && start > 0 ? readFrom(path, 0) : tail
}

async function readFrom(path: string, start: number): Promise<Tail> {
  const lines: string[] = []
  let end = start
  let isFirst = true
  for await (const line of wholeLines(path, start, Number.POSITIVE_INFINITY)) {
    end += line.length + 1
    // The first may be the rest of a line, and is none for that.
    if (!isFirst || start === 0) lines.push(line.toString('utf8'))
    isFirst = false
  }
  return { end: isFirst ? 0 : end, lines }
}
