import { createReadStream } from 'node:fs'

const LINE_FEED = 10

/** The lines of a file from `start` on, up to `limit` bytes of it, without line feeds. An unfinished last one is not given. */
export async function* wholeLines(path: string, start: number, limit: number): AsyncGenerator<Buffer, void, undefined> {
  for await (const lines of bundledLines(path, start, limit)) yield* lines
}

/** The same, in bundles, for who reads much: to wait for each line alone would cost more than to read it. */
export async function* bundledLines(
  path: string,
  start: number,
  limit: number,
): AsyncGenerator<readonly Buffer[], void, undefined> {
  if (limit <= start) return
  let rest: Buffer[] = []
  for await (const chunk of createReadStream(path, { start, end: limit - 1 }) as AsyncIterable<Buffer>) {
    const lines: Buffer[] = []
    let begin = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, begin)) {
      const piece = chunk.subarray(begin, end)
      lines.push(rest.length === 0 ? piece : Buffer.concat([...rest, piece]))
      rest = []
      begin = end + 1
    }
    if (begin < chunk.length) rest.push(chunk.subarray(begin))
    if (lines.length > 0) yield lines
  }
}
