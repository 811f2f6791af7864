/** A whole response. */
export interface Answer {
  readonly status: number
  /** Whether it said that the connection ends with it. */
  readonly closes: boolean
  readonly body: string
}

interface Head {
  readonly status: number
  readonly closes: boolean
  /** Bytes of the body, or 'chunked'. */
  readonly length: number | 'chunked'
}

const BLANK = '\r\n\r\n'

/** Reads responses from the bytes of one connection, of which nothing but bytes is known. */
export class Answers {
  #text = ''
  #head: Head | undefined
  #body = ''

  /** The responses that `bytes` make whole. */
  read(bytes: Buffer): readonly Answer[] {
    this.#text += bytes.toString('latin1')
    const whole: Answer[] = []
    for (let answer = this.#next(); answer !== undefined; answer = this.#next()) whole.push(answer)
    return whole
  }

  /** Whether a response has begun and is not whole. */
  get isInside(): boolean {
    return this.#head !== undefined || this.#text !== ''
  }

  #next(): Answer | undefined {
    this.#head ??= this.#readHead()
    if (this.#head === undefined) return undefined
    const { status, closes, length } = this.#head
    const body = length === 'chunked' ? this.#readChunks() : this.#take(length)
    if (body === undefined) return undefined
    this.#head = undefined
    // 100 Continue announces a response and is none.
    return status < 200 ? this.#next() : { status, closes, body }
  }

  #readHead(): Head | undefined {
    const end = this.#text.indexOf(BLANK)
    if (end === -1) return undefined
    const head = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + BLANK.length)
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
    const isChunked = /^transfer-encoding: *chunked$/im.test(head)
    const length = isChunked ? 'chunked' : Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0)
    return { status, closes: /^connection: *close$/im.test(head), length }
  }

  #take(length: number): string | undefined {
    if (this.#text.length < length) return undefined
    const taken = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    return taken
  }

  #readChunks(): string | undefined {
    for (;;) {
      const end = this.#text.indexOf('\r\n')
      if (end === -1) return undefined
      const size = Number.parseInt(this.#text, 16)
      const next = end + 2 + size + 2
      if (this.#text.length < next) return undefined
      this.#body += this.#text.slice(end + 2, end + 2 + size)
      this.#text = this.#text.slice(next)
      if (size > 0) continue
      const whole = this.#body
      this.#body = ''
      return whole
    }
  }
}
