import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import { identity, portOf, QUICK } from './harness.ts'

/** What a handler of either of Node's interfaces uses: a test runs the same one on all servers. */
export type Handler = (
  request: NodeJS.ReadableStream & { readonly url?: string | undefined; readonly method?: string | undefined },
  response: NodeJS.WritableStream & { writeHead(status: number): unknown },
) => void

export type Kind = 'h2c' | 'TLS'

export interface Running {
  readonly service: Service
  readonly server: Http2Server | Http2SecureServer
  readonly kind: Kind
  readonly port: number
  readonly log: readonly string[]
}

/** A service that speaks HTTP/2. Drained when the test has finished. */
export async function serveHttp2(
  kind: Kind,
  handler: Handler | undefined,
  options: Partial<ServiceOptions> = {},
): Promise<Running> {
  const log: string[] = []
  const server = kind === 'TLS' ? createSecureServer({ ...identity(), allowHTTP1: true }) : createServer()
  if (handler !== undefined) server.on('request', handler)
  const running = service({ ...QUICK, server, log: (line) => log.push(line), ...options })
  onTestFinished(async () => {
    await running.drain('the test has finished')
  })
  await running.ready
  return { service: running, server, kind, port: portOf(server), log }
}

/** What came of one request. */
export interface Answer {
  readonly status: number | undefined
  readonly body: string
  readonly headers: { readonly [name: string]: unknown }
  /** Undefined when it ended well. */
  readonly error: unknown
}

/** Node's own client, and the GOAWAYs that it sees. */
export class Client {
  readonly session: ClientHttp2Session
  /** Code and last stream id of each, in order. */
  readonly goaways: (readonly [number, number])[] = []
  readonly closed: Promise<void>
  /** Why the session failed, if it did. */
  failure: NodeJS.ErrnoException | undefined

  constructor({ kind, port }: Pick<Running, 'kind' | 'port'>) {
    const [scheme, options] = kind === 'TLS' ? ['https', { rejectUnauthorized: false }] : ['http', {}]
    this.session = connectHttp2(`${scheme}://127.0.0.1:${port}`, options)
    this.session.on('goaway', (code, last) => this.goaways.push([code, last]))
    this.session.on('error', (error) => (this.failure = error))
    this.closed = new Promise((resolve) => this.session.once('close', resolve))
    onTestFinished(() => this.session.destroy())
  }

  /** Whether a request may be begun on it. */
  get isOpen(): boolean {
    return !this.session.closed && !this.session.destroyed
  }

  async get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.request({ ':path': path, ...headers }).answer
  }

  request(headers: OutgoingHttpHeaders): {
    send(text: string): void
    end(): void
    reset(): void
    answer: Promise<Answer>
  } {
    const hasBody = headers[':method'] === 'POST'
    const stream = this.session.request(headers, { endStream: !hasBody })
    let [body, got, error]: [string, Record<string, unknown>, unknown] = ['', {}, undefined]
    stream.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    stream.on('response', (response) => (got = response)).on('error', (thrown) => (error = thrown))
    const answer = new Promise<Answer>((resolve) =>
      stream.on('close', () => {
        const failed = stream.rstCode === 0 ? error : (error ?? `reset with ${stream.rstCode}`)
        resolve({ status: got[':status'] as number | undefined, body, headers: got, error: failed })
      }),
    )
    return {
      send: (text) => void stream.write(text),
      end: () => void stream.end(),
      reset: () => stream.close(8),
      answer,
    }
  }
}

const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY] = [0, 1, 3, 4, 6, 7]
const [ACK, END_STREAM, END_HEADERS] = [1, 1, 4]

/** A client that speaks frames, and goes on opening streams whatever it is told. */
export class FrameClient {
  readonly socket: Socket
  readonly goaways: (readonly [number, number])[] = []
  /** Ids of the streams that were answered in full. */
  readonly answered = new Set<number>()
  pongs = 0
  end: 'open' | 'closed' = 'open'
  #nextId = 1
  #received: Buffer = Buffer.alloc(0)
  readonly #waiting = new Set<() => void>()

  constructor({ kind, port }: Pick<Running, 'kind' | 'port'>) {
    this.socket =
      kind === 'TLS'
        ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
        : connect(port, '127.0.0.1')
    onTestFinished(() => void this.socket.destroy())
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    this.#send(SETTINGS, 0, 0)
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#happened(() => (this.end = 'closed')))
  }

  /** Opens a stream with a GET; answers its id. */
  get(path: string): number {
    const id = this.#nextId
    this.#nextId += 2
    const literal = (index: number, text: string): Buffer =>
      Buffer.concat([Buffer.from([index, text.length]), Buffer.from(text)])
    // :method GET and :scheme http are indexed; :path and :authority are literal.
    const block = Buffer.concat([Buffer.from([0x82, 0x86]), literal(0x04, path), literal(0x01, 'test')])
    this.#send(HEADERS, END_STREAM | END_HEADERS, id, block)
    return id
  }

  /** Gives a stream up, as one that has failed. */
  reset(id: number): void {
    this.#send(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 2]))
  }

  ping(): void {
    this.#send(PING, 0, 0, Buffer.alloc(8))
  }

  /** Resolves once what came satisfies `isThere`. */
  async until(isThere: (client: this) => boolean): Promise<this> {
    while (!isThere(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    return this
  }

  #send(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.set([type, flags], 3)
    head.writeUInt32BE(id, 5)
    this.socket.write(Buffer.concat([head, payload]))
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 9) {
      const size = 9 + this.#received.readUIntBE(0, 3)
      if (this.#received.length < size) return
      const frame = this.#received.subarray(0, size)
      this.#received = this.#received.subarray(size)
      this.#happened(() => this.#heard(frame))
    }
  }

  #heard(frame: Buffer): void {
    const [type, flags = 0] = frame.subarray(3, 5)
    const [id, payload] = [frame.readUInt32BE(5), frame.subarray(9)]
    if (type === SETTINGS && (flags & ACK) === 0) this.#send(SETTINGS, ACK, 0)
    if (type === PING) this.pongs++
    if (type === GOAWAY) this.goaways.push([payload.readUInt32BE(4), payload.readUInt32BE(0)])
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) this.answered.add(id)
    if (type === RST_STREAM) this.answered.delete(id)
  }

  #happened(note: () => void): void {
    note()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
