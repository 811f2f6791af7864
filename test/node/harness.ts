import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type Service, type ServiceOptions, service } from '../../src/node/index.ts'
import type { VirtualClock } from '../../src/testing/time/index.ts'

/** Short, so that no test waits long; each in the proportion that the defaults have. */
export const QUICK = {
  listen: { port: 0, host: '127.0.0.1' },
  lameDuck: { min: 40, quiet: 40, max: 400 },
  linger: 200,
  deadline: 1_500,
  signals: [],
  exit: false,
} as const satisfies Partial<ServiceOptions>

/** Answers at once. */
export const hello: RequestListener = (_request, response) => void response.end('hello')

export interface Running {
  readonly service: Service
  readonly server: Server
  readonly port: number
  readonly log: readonly string[]
}

/** A service around `handler`, active, on a free port of loopback. Drained when the test has finished. */
export async function serve(handler: RequestListener, options: Partial<ServiceOptions> = {}): Promise<Running> {
  const log: string[] = []
  const server = createServer(handler)
  const running = service({ ...QUICK, server, log: (line) => log.push(line), ...options })
  onTestFinished(async () => {
    await running.drain('the test has finished')
  })
  await running.ready
  return { service: running, server, port: portOf(server), log }
}

/** A key and its certificate that nobody trusts: for tests on loopback alone. */
export function identity(): { readonly key: Buffer; readonly cert: Buffer } {
  const read = (name: string): Buffer => readFileSync(new URL(`./fixtures/localhost-${name}.pem`, import.meta.url))
  return { key: read('key'), cert: read('cert') }
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** A client that speaks bytes, so that nothing is hidden by an HTTP library. */
export class RawClient {
  readonly socket: Socket
  received = ''
  end: 'open' | 'closed' | 'reset' = 'open'
  readonly #waiting = new Set<() => void>()

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawClient(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket
    onTestFinished(() => void socket.destroy())
    socket.on('data', (chunk) => this.#happened(() => (this.received += chunk.toString('latin1'))))
    socket.on('end', () => this.#happened(() => (this.end = this.end === 'open' ? 'closed' : this.end)))
    socket.on('error', () => this.#happened(() => (this.end = 'reset')))
  }

  send(text: string): this {
    this.socket.write(text)
    return this
  }

  get(path: string, more = ''): this {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: test\r\n${more}\r\n`)
  }

  /** Resolves once what came satisfies `isThere`. */
  async until(isThere: (client: this) => boolean): Promise<this> {
    while (!isThere(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    return this
  }

  body(text: string): Promise<this> {
    return this.until((client) => client.received.includes(text))
  }

  ended(): Promise<this> {
    return this.until((client) => client.end !== 'open')
  }

  /** Status and `Connection` of every response, in order. */
  responses(): readonly string[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3})[\s\S]*?\r\n\r\n/g)].map(
      ([head, status]) => `${status} ${/^connection: (.*)$/im.exec(head)?.[1]?.trim()}`,
    )
  }

  #happened(note: () => void): void {
    note()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What `work` comes to, with time moving on for as long as that takes. */
export async function whileAdvancing<Result>(clock: VirtualClock, work: Promise<Result>): Promise<Result> {
  let isOver = false
  const end = (): void => void (isOver = true)
  work.then(end, end)
  while (!isOver) await clock.advance(100)
  return work
}

/** Of a part of a drain that was not needed: a moment, however busy the machine is, and less than the lame duck's minimum. */
export const none: unknown = { asymmetricMatch: (ms: unknown) => typeof ms === 'number' && ms < QUICK.lameDuck.min }
