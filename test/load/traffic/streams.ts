import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Reply } from '../wire/line.ts'
import { anUrl, aStream, type Crowd, type Traffic, think } from './crowd.ts'

const THINK_MS = 60
const AT_ONCE = 8
/** One in five is a stream of pieces. */
const STREAMS = 0.2

/** A session, and the last stream that its service promises to answer. */
interface Known {
  readonly session: ClientHttp2Session
  lastId: number
}

/** Many requests at once on one HTTP/2 session, and a new session when it has ended, until it is refused. */
export const streams: Traffic = async (crowd) => {
  const [{ way }] = crowd.backends
  while (!crowd.over.aborted) {
    const socket = await way.reach()
    if (socket === 'refused') {
      crowd.tally.refused++
      return
    }
    const known = { session: connect('http://load', { createConnection: () => socket }), lastId: 0 }
    // What a broken session means for its streams, they tell themselves.
    known.session.on('error', () => {})
    known.session.on('goaway', (_code: number, lastId: number) => (known.lastId = lastId))
    await Promise.all(Array.from({ length: AT_ONCE }, () => ask(crowd, known)))
    known.session.destroy()
  }
}

async function ask(crowd: Crowd, known: Known): Promise<void> {
  const { session } = known
  for (;;) {
    await think(crowd, THINK_MS)
    if (crowd.over.aborted || session.closed || session.destroyed) return
    const url = crowd.random() < STREAMS ? aStream(crowd) : anUrl(crowd)
    const stream = session.request({ ':path': url })
    const reply = await replyOf(stream)
    if (reply.type === 'lost' && wasNeverSent(stream, known)) crowd.tally.unsent++
    else crowd.tally.judge(url, reply)
  }
}

/**
 * A request that was asked for in the same turn in which a GOAWAY came is taken back by the client's own library: it has
 * a number that the service would still have answered, and is refused all the same.
 */
function wasNeverSent({ rstCode, id = 0 }: ClientHttp2Stream, { lastId }: Known): boolean {
  return rstCode === constants.NGHTTP2_REFUSED_STREAM && id <= lastId
}

function replyOf(stream: ClientHttp2Stream): Promise<Reply> {
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
