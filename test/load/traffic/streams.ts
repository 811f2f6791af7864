import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Reply } from '../wire/line.ts'
import { anUrl, aStream, type Crowd, type Traffic, think } from './crowd.ts'

const THINK_MS = 60
const AT_ONCE = 8
/** One in five is a stream of pieces. */
const STREAMS = 0.2

/** Many requests at once on one HTTP/2 session, and a new session when it has ended, until it is refused. */
export const streams: Traffic = async (crowd) => {
  const [{ way }] = crowd.backends
  while (!crowd.over.aborted) {
    const socket = await way.reach()
    if (socket === 'refused') {
      crowd.tally.refused++
      return
    }
    const session = connect('http://load', { createConnection: () => socket })
    // What a broken session means for its streams, they tell themselves.
    session.on('error', () => {})
    await Promise.all(Array.from({ length: AT_ONCE }, () => ask(crowd, session)))
    session.destroy()
  }
}

async function ask(crowd: Crowd, session: ClientHttp2Session): Promise<void> {
  for (;;) {
    await think(crowd, THINK_MS)
    if (crowd.over.aborted || session.closed || session.destroyed) return
    const url = crowd.random() < STREAMS ? aStream(crowd) : anUrl(crowd)
    crowd.tally.judge(url, await reply(session.request({ ':path': url })))
  }
}

function reply(stream: ClientHttp2Stream): Promise<Reply> {
  const sinceMs = performance.now()
  let status = 0
  let body = ''
  let how: 'reset' | 'ended without an answer' | 'cut in the middle' = 'ended without an answer'
  let isWhole = false
  stream.setEncoding('latin1')
  return new Promise((resolve) => {
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
      how = 'cut in the middle'
    })
    stream.on('data', (text: string) => (body += text))
    stream.on('end', () => (isWhole = status !== 0))
    stream.on('error', () => (how = 'reset'))
    stream.on('close', () => {
      const ms = performance.now() - sinceMs
      const isAnswer = isWhole && how !== 'reset'
      resolve(isAnswer ? { type: 'answer', answer: { status, closes: false, body }, ms } : { type: 'lost', how, ms })
    })
  })
}
