import { expectedOf } from './service/workload.ts'
import type { Reply } from './wire/line.ts'

/** What the clients of one run have seen. */
export class Tally {
  answered = 0
  /** Connections that nobody took. */
  refused = 0
  /** Answers of 500 and above. */
  errors = 0
  /** Requests of HTTP/2 that never left the client. */
  unsent = 0
  slowestMs = 0
  /** When the service was told to end. */
  #signalledMs: number | undefined
  /** Echoes that were still to come when their WebSocket was closed. */
  echoesOwed = 0
  readonly lost: string[] = []
  /** WebSockets that the service closed, by code. */
  readonly closes = new Map<number, number>()

  /** Counts what came of a request. `sent` is its body. */
  judge(url: string, reply: Reply, sent?: string): void {
    if (reply.type === 'lost') return this.lose(`${url}: ${reply.how} after ${Math.round(reply.ms)} ms`)
    const { status, body } = reply.answer
    if (status >= 500) {
      this.errors++
      return
    }
    if (status !== 200) return this.lose(`${url}: answered ${status}`)
    if (body !== expectedOf(url, sent)) return this.lose(`${url}: not what was to be answered: ${body.length} bytes`)
    this.answer(reply.ms)
  }

  answer(ms: number): void {
    this.answered++
    this.slowestMs = Math.max(this.slowestMs, ms)
  }

  lose(what: string): void {
    const sinceMs = this.#signalledMs === undefined ? undefined : Math.round(performance.now() - this.#signalledMs)
    this.lost.push(sinceMs === undefined ? `${what}, before the signal` : `${what}, at ${sinceMs} ms`)
  }

  /** The service is told to end now. */
  signalled(): void {
    this.#signalledMs = performance.now()
  }

  close(code: number): void {
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1)
  }
}
