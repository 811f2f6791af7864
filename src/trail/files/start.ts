import { promises as fs } from 'node:fs'
import { wholeLines } from '../../adapters/folder/index.ts'
import { PhasegateError } from '../../base/index.ts'
import type { LogTip } from '../../ports/index.ts'

const NAME = 'start.jsonl'

/** Where a folder begins whose oldest files were removed. */
export interface Start {
  /** Number of the oldest file that counts. */
  readonly segment: number
  /** The last record that was removed of each log: what is left goes on from there. */
  readonly tips: readonly LogTip[]
}

/** Where everything begins. */
const BEGINNING: Start = { segment: 1, tips: [] }

/** Where the records of a folder begin. @throws JOURNAL_CORRUPT */
export async function readStart(folder: string): Promise<Start> {
  const path = `${folder}/${NAME}`
  const lines: Readonly<Record<string, unknown>>[] = []
  try {
    for await (const line of wholeLines(path, 0, Number.POSITIVE_INFINITY))
      lines.push(JSON.parse(line.toString('utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return BEGINNING
    throw corrupt(path, lines.length + 1, 'it is not JSON')
  }
  const [first, ...tips] = lines
  if (typeof first?.segment !== 'number') throw corrupt(path, 1, 'it names no segment')
  return { segment: first.segment, tips: tips as unknown as readonly LogTip[] }
}

/** Says where a folder begins from now on. It is all there, durably, or as it was. */
export async function writeStart(folder: string, { segment, tips }: Start): Promise<void> {
  const temporary = `${folder}/${NAME}.new`
  const handle = await fs.open(temporary, 'w', 0o600)
  try {
    await handle.writeFile([{ segment }, ...tips].map((line) => `${JSON.stringify(line)}\n`).join(''))
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await fs.rename(temporary, `${folder}/${NAME}`)
}

/** What is thrown at a line that nobody can have written. */
export function corrupt(file: string, line: number, problem: string): PhasegateError<'JOURNAL_CORRUPT'> {
  return new PhasegateError('JOURNAL_CORRUPT', `${file}, line ${line}: ${problem}`, { file, line, problem })
}
