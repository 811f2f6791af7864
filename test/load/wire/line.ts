import type { Socket } from 'node:net'
import { type Answer, Answers } from './answers.ts'
import type { Way } from './way.ts'

/** What became of a request that was written. */
export type Reply =
  | { readonly type: 'answer'; readonly answer: Answer; readonly ms: number }
  | {
      readonly type: 'lost'
      readonly how: 'reset' | 'ended without an answer' | 'cut in the middle'
      readonly ms: number
    }

interface Waiting {
  readonly sinceMs: number
  readonly resolve: (reply: Reply) => void
}

/** One connection that speaks HTTP/1.1 by bytes, so that nothing is hidden by a library that tries again. */
export class Line {
  readonly #socket: Socket
  readonly #answers = new Answers()
  readonly #waiting: Waiting[] = []
  #state: 'open' | 'told to close' | 'ended' | 'reset' = 'open'

  static async open(way: Way): Promise<Line | 'refused'> {
    const socket = await way.reach()
    return socket === 'refused' ? socket : new Line(socket)
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('end', () => this.#closed('ended'))
    socket.on('error', () => this.#closed('reset'))
    socket.on('close', () => this.#closed('ended'))
    if (socket.destroyed || socket.readableEnded) this.#closed('ended')
  }

  /** Whether another request may be written: as far as a client can know. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Writes requests at once, pipelined when there are several. */
  ask(requests: readonly string[]): readonly Promise<Reply>[] {
    const replies = requests.map(() => this.#expect())
    this.#socket.write(requests.join(''))
    return replies
  }

  /** Writes a request with a body that takes its time. */
  async send(head: string, pieces: readonly string[], between: () => Promise<void>): Promise<Reply> {
    const reply = this.#expect()
    this.#socket.write(head)
    for (const piece of pieces) {
      await between()
      if (this.#socket.writable) this.#socket.write(piece)
    }
    return reply
  }

  close(): void {
    this.#socket.destroy()
  }

  #expect(): Promise<Reply> {
    return new Promise((resolve) => {
      const waiting = { sinceMs: performance.now(), resolve }
      this.#waiting.push(waiting)
      if (this.#state === 'ended' || this.#state === 'reset') this.#lose()
    })
  }

  #read(bytes: Buffer): void {
    for (const answer of this.#answers.read(bytes)) {
      if (answer.closes) this.#state = 'told to close'
      const waiting = this.#waiting.shift()
      waiting?.resolve({ type: 'answer', answer, ms: performance.now() - waiting.sinceMs })
    }
    if (this.#state === 'told to close' && this.#waiting.length === 0) this.close()
  }

  #closed(how: 'ended' | 'reset'): void {
    if (this.#state === 'ended' || this.#state === 'reset') return
    this.#state = how
    this.#lose()
    this.#socket.destroy()
  }

  #lose(): void {
    const isInside = this.#answers.isInside
    for (const [index, { sinceMs, resolve }] of this.#waiting.splice(0).entries()) {
      const ended = index === 0 && isInside ? 'cut in the middle' : 'ended without an answer'
      resolve({ type: 'lost', how: this.#state === 'reset' ? 'reset' : ended, ms: performance.now() - sinceMs })
    }
  }
}
