import { Line } from '../wire/line.ts'
import { anUrl, aStream, type Crowd, getOf, type Traffic, think } from './crowd.ts'

const THINK_MS = 60
const PIPELINED = 3

/** What a client does with a connection that is open, once. */
type Turn = (crowd: Crowd, line: Line) => Promise<void>

/** Asks, waits for the answer, thinks, asks again on the same connection; knows nothing of readiness. */
export const keepAlive: Traffic = onLines(ask(anUrl))

/** As `keepAlive`, with answers that come in ten pieces. */
export const streaming: Traffic = onLines(ask(aStream))

/** Three requests at a time, before the first is answered. */
export const pipelining: Traffic = onLines(async (crowd, line) => {
  const urls = Array.from({ length: PIPELINED }, () => anUrl(crowd))
  const replies = line.ask(urls.map(getOf))
  for (const [index, reply] of replies.entries()) crowd.tally.judge(urls[index] ?? '', await reply)
})

/** Bodies that come in eight pieces. */
export const uploads: Traffic = onLines(async (crowd, line) => {
  const url = `/upload/${Math.floor(crowd.random() * 1_000_000)}`
  const pieces = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(4_000))
  const sent = pieces.join('')
  const head = `POST ${url} HTTP/1.1\r\nHost: load\r\nContent-Length: ${sent.length}\r\n\r\n`
  const reply = await line.send(head, pieces, () => think(crowd, 100))
  crowd.tally.judge(url, reply, sent)
})

function ask(urlOf: (crowd: Crowd) => string): Turn {
  return async (crowd, line) => {
    const url = urlOf(crowd)
    for (const reply of line.ask([getOf(url)])) crowd.tally.judge(url, await reply)
  }
}

/** Takes turns on a connection, and a new one when it has ended, until a connection is refused. */
function onLines(turn: Turn): Traffic {
  return async (crowd) => {
    const [{ way }] = crowd.backends
    while (!crowd.over.aborted) {
      const line = await Line.open(way)
      if (line === 'refused') {
        crowd.tally.refused++
        return
      }
      while (line.isOpen && !crowd.over.aborted) {
        await think(crowd, THINK_MS)
        if (line.isOpen) await turn(crowd, line)
      }
      line.close()
    }
  }
}
