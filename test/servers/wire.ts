// As much of PostgreSQL's wire protocol as it takes to tell one statement from the next.

/** A message of either side: its type, and all of its bytes. */
export interface Message {
  readonly type: string
  readonly bytes: Buffer
}

const NEGOTIATE_TLS = 80_877_103
const NEGOTIATE_GSS = 80_877_104
const CANCEL = 80_877_102

/** Cuts a stream of bytes into messages: a type, a length, and what it is the length of. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that `chunk` completes. */
  push(chunk: Buffer): readonly Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Message[] = []
    while (this.#rest.length >= 5) {
      const length = 1 + this.#rest.readInt32BE(1)
      if (this.#rest.length < length) break
      const bytes = this.#rest.subarray(0, length)
      messages.push({ type: String.fromCharCode(bytes[0] ?? 0), bytes })
      this.#rest = this.#rest.subarray(length)
    }
    return messages
  }
}

export type Opening =
  | { readonly type: 'startup' | 'cancel'; readonly bytes: Buffer; readonly rest: Buffer }
  /** The client would like to speak in secret. */
  | { readonly type: 'negotiate'; readonly rest: Buffer }
  | { readonly type: 'incomplete' }

/** The first message of a client has no type. */
export function opening(received: Buffer): Opening {
  if (received.length < 8) return { type: 'incomplete' }
  const length = received.readInt32BE(0)
  if (received.length < length) return { type: 'incomplete' }
  const code = received.readInt32BE(4)
  const rest = received.subarray(length)
  if (code === NEGOTIATE_TLS || code === NEGOTIATE_GSS) return { type: 'negotiate', rest }
  return { type: code === CANCEL ? 'cancel' : 'startup', bytes: received.subarray(0, length), rest }
}

/** What a client asks for between two moments at which the server is ready: one statement, as a rule. */
export interface Unit {
  readonly sql: string
  readonly bytes: Buffer
}

/** Gathers a client's messages into units. A prepared statement is known by the text it was prepared with. */
export class Units {
  readonly #prepared = new Map<string, string>()
  #texts: string[] = []
  #bytes: Buffer[] = []

  /** `unit` when the message completes one; `bytes` when it has to go on at once without completing any. */
  push({ type, bytes }: Message): { readonly unit: Unit } | { readonly bytes: Buffer } | undefined {
    this.#bytes.push(bytes)
    if (type === 'Q') this.#texts.push(textAt(bytes, 5).text)
    if (type === 'P') this.#prepare(bytes)
    if (type === 'B') this.#texts.push(this.#prepared.get(textAt(bytes, textAt(bytes, 5).end).text) ?? '')
    if (type === 'P' || type === 'B' || type === 'D' || type === 'E' || type === 'C') return undefined
    const ready = Buffer.concat(this.#bytes)
    this.#bytes = []
    // After a flush the server answers, but is not ready for the next: the unit goes on.
    if (type !== 'Q' && type !== 'S') return { bytes: ready }
    const unit = { sql: this.#texts.join('; '), bytes: ready }
    this.#texts = []
    return { unit }
  }

  #prepare(bytes: Buffer): void {
    const name = textAt(bytes, 5)
    this.#prepared.set(name.text, textAt(bytes, name.end).text)
  }
}

/** The text that begins at `start`, and where the next field begins. */
function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const end = bytes.indexOf(0, start)
  return { text: bytes.toString('utf8', start, end), end: end + 1 }
}
