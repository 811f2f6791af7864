import { createHash } from 'node:crypto'

/** What a request asks the service for. The same of every contender, so that only its end differs. */
export type Job =
  | { readonly type: 'answer'; readonly afterMs: number; readonly body: string }
  | { readonly type: 'stream'; readonly pieces: readonly string[]; readonly everyMs: number }
  | { readonly type: 'upload' }
  | { readonly type: 'readiness' }
  | { readonly type: 'unknown' }

const PADDING = '.'.repeat(200)

/** `/answer/300/x` after 300 ms; `/stream/10/50/x` ten pieces, one every 50 ms; `POST /upload/x` a receipt. */
export function jobOf(url: string): Job {
  const [, kind, first, second] = url.split('/')
  switch (kind) {
    case 'answer':
      return { type: 'answer', afterMs: Number(first), body: `${url} ${PADDING}` }
    case 'stream':
      return { type: 'stream', pieces: pieces(url, Number(first)), everyMs: Number(second) }
    case 'upload':
      return { type: 'upload' }
    case 'readyz':
      return { type: 'readiness' }
    default:
      return { type: 'unknown' }
  }
}

/** What the whole answer to `url` is to be, `sent` being the body of the request. */
export function expectedOf(url: string, sent = ''): string {
  const job = jobOf(url)
  switch (job.type) {
    case 'answer':
      return job.body
    case 'stream':
      return job.pieces.join('')
    default:
      return receiptOf(url, Buffer.from(sent))
  }
}

/** The answer to an upload: nothing of it is missing, or the receipt is another. */
export function receiptOf(url: string, received: Buffer): string {
  return `${url} ${received.length} ${createHash('sha256').update(received).digest('hex')}`
}

function pieces(url: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${url} ${index + 1} of ${count} ${PADDING}\n`)
}
