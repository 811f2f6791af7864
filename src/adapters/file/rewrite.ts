import { createReadStream, promises as fs } from 'node:fs'
import type { DiskFile } from '../folder/index.ts'
import { type Replacement, replaceFile } from './replace.ts'
import { segmentName } from './segment.ts'

/** A line to stand where one of the same length stood. */
export interface Patch {
  readonly segment: number
  readonly offset: number
  readonly text: string
}

/** A segment that is not written any more, and how many bytes of it count. */
export interface Counted {
  readonly segment: number
  readonly bytes: number
}

type Options = Omit<Replacement, 'name' | 'write'>

/** Writes a segment anew, with other lines here and there; what does not count is left out. False once there is a newer owner. */
export function patch(options: Options, { segment, bytes }: Counted, patches: readonly Patch[]): Promise<boolean> {
  const name = segmentName(segment)
  const path = `${options.folder}/${name}`
  const sorted = [...patches].sort((a, b) => a.offset - b.offset)
  const write = async (file: DiskFile): Promise<void> => {
    let at = 0
    for (const { offset, text } of sorted) {
      await copy(path, file, { from: at, to: offset })
      const line = Buffer.from(text)
      await file.write(line, offset)
      at = offset + line.length
    }
    await copy(path, file, { from: at, to: bytes })
  }
  return replaceFile({ ...options, name, write })
}

/**
 * What does not count of a segment may hold what is dropped, too: the first try of an append, whose second is a line
 * elsewhere. It is nobody's any more. False once there is a newer owner.
 */
export async function cut(options: Options, counted: Counted): Promise<boolean> {
  const { size } = await fs.stat(`${options.folder}/${segmentName(counted.segment)}`)
  return size <= counted.bytes || patch(options, counted, [])
}

async function copy(path: string, file: DiskFile, { from, to }: { from: number; to: number }): Promise<void> {
  if (to <= from) return
  let at = from
  for await (const chunk of createReadStream(path, { start: from, end: to - 1 }) as AsyncIterable<Buffer>) {
    await file.write(chunk, at)
    at += chunk.length
  }
}
