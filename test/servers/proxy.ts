import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './child.ts'
import { Frames, type Message, opening, type Unit, Units } from './wire.ts'

/**
 * Where a connection breaks, seen from one statement: `before` the server has heard of it; `after` the server has done
 * it, without a word to the client; `inside` the answer. Or both sides find out later, when the connection dies after
 * a while: the statement is `lost` on its way, or the answer goes into a `hole`.
 */
export type Where = 'before' | 'after' | 'inside' | 'lost' | 'hole'

export interface Chaos {
  /** Of each statement, to be cut in one place or another. */
  readonly probability: number
  readonly random: () => number
  /** @default all of them, equally often */
  readonly places?: readonly Where[] | undefined
}

export interface ProxyOptions {
  /** The server's. */
  readonly target: number
  /** How long what is lost, or in a hole, is silent. @default 3000 */
  readonly holeMs?: number | undefined
}

export interface PostgresProxy {
  readonly port: number
  /** How often it has cut, by place. */
  readonly counts: Readonly<Record<Where, number>>
  /** Cuts once, at the next statement that matches; resolves when it is done. */
  cutNext(where: Where, matching?: (sql: string) => boolean): Promise<void>
  /** From now on cuts by chance; undefined ends it. */
  chaos(chaos: Chaos | undefined): void
  /** Of the connections that there are, none hears anything any more, though the server goes on doing what it is asked. */
  deafen(): void
  /** From now on refuses connections, as a port does where nobody listens; those that there are stay. */
  shut(): void
  /** Takes connections again. */
  open(): Promise<void>
  stop(): void
}

const PLACES: readonly Where[] = ['before', 'after', 'inside', 'lost', 'hole']

/** A way to a PostgreSQL server that breaks where it is told to. */
export async function startProxy(options: ProxyOptions): Promise<PostgresProxy> {
  const proxy = new Breaker({ port: await freePort(), target: options.target, holeMs: options.holeMs ?? 3_000 })
  await proxy.open()
  return proxy
}

interface Order {
  readonly where: Where
  readonly matching: (sql: string) => boolean
  readonly done: () => void
}

interface Settings {
  readonly port: number
  readonly target: number
  readonly holeMs: number
}

class Breaker implements PostgresProxy {
  readonly counts: Record<Where, number> = { before: 0, after: 0, inside: 0, lost: 0, hole: 0 }
  readonly #settings: Settings
  readonly #ways = new Set<Way>()
  readonly #orders: Order[] = []
  #server: Server | undefined
  #chaos: Chaos | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get port(): number {
    return this.#settings.port
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return
    this.#server = createServer((client) => {
      const way = new Way(client, this.#settings, (sql) => this.#judge(sql))
      this.#ways.add(way)
      client.once('close', () => this.#ways.delete(way))
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Nobody listens from here on; only the event that says so would wait for the connections. */
  shut(): void {
    this.#server?.close()
    this.#server = undefined
  }

  deafen(): void {
    for (const way of this.#ways) way.deafen()
  }

  cutNext(where: Where, matching: (sql: string) => boolean = () => true): Promise<void> {
    return new Promise((done) => this.#orders.push({ where, matching, done }))
  }

  chaos(chaos: Chaos | undefined): void {
    this.#chaos = chaos
  }

  stop(): void {
    for (const way of this.#ways) way.cut()
    this.shut()
  }

  /** Where the statement is to be cut, if anywhere. */
  #judge(sql: string): Cut | undefined {
    const index = this.#orders.findIndex(({ matching }) => matching(sql))
    const [order] = index === -1 ? [] : this.#orders.splice(index, 1)
    const where = order?.where ?? this.#byChance()
    if (where === undefined) return undefined
    const done = (): void => {
      this.counts[where] += 1
      order?.done()
    }
    return { where, done, share: this.#chaos?.random() ?? 0.5 }
  }

  #byChance(): Where | undefined {
    if (this.#chaos === undefined) return undefined
    const { probability, random, places = PLACES } = this.#chaos
    return random() < probability ? places[Math.floor(random() * places.length)] : undefined
  }
}

interface Cut {
  readonly where: Where
  /** How much of the answer comes through, when it is cut `inside`. */
  readonly share: number
  readonly done: () => void
}

/** One connection, both halves of it. */
class Way {
  readonly #client: Socket
  readonly #server: Socket
  readonly #settings: Settings
  readonly #judge: (sql: string) => Cut | undefined
  readonly #units = new Units()
  readonly #asked = new Frames()
  readonly #answered = new Frames()
  /** What the server has not answered in full: the greeting, and then statements. */
  readonly #pending: (Cut | undefined)[] = [undefined]
  #greeting: Buffer | undefined = Buffer.alloc(0)
  readonly #held: Buffer[] = []

  constructor(client: Socket, settings: Settings, judge: (sql: string) => Cut | undefined) {
    this.#client = client
    this.#settings = settings
    this.#judge = judge
    this.#server = connect(settings.target, '127.0.0.1')
    for (const socket of [this.#client, this.#server]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => this.cut())
    }
    this.#client.on('data', (chunk: Buffer) => this.#hearClient(chunk))
    this.#server.on('data', (chunk: Buffer) => this.#hearServer(chunk))
  }

  deafen(): void {
    this.#server.removeAllListeners('data').resume()
  }

  cut(): void {
    this.#client.destroy()
    this.#server.destroy()
  }

  #hearClient(chunk: Buffer): void {
    if (this.#greeting !== undefined) return this.#greet(Buffer.concat([this.#greeting, chunk]))
    for (const message of this.#asked.push(chunk)) {
      const ready = this.#units.push(message)
      if (ready === undefined) continue
      if ('unit' in ready) this.#ask(ready.unit)
      else this.#server.write(ready.bytes)
    }
  }

  #greet(received: Buffer): void {
    const first = opening(received)
    this.#greeting = received
    if (first.type === 'incomplete') return
    if (first.type === 'negotiate') {
      this.#client.write('N')
      return this.#greet(first.rest)
    }
    this.#greeting = undefined
    this.#server.write(first.bytes)
    if (first.rest.length > 0) this.#hearClient(first.rest)
  }

  #ask({ sql, bytes }: Unit): void {
    if (this.#client.destroyed) return
    const cut = this.#judge(sql)
    if (cut?.where === 'before' || cut?.where === 'lost') return void this.#drop(cut)
    this.#pending.push(cut)
    this.#server.write(bytes)
  }

  async #drop({ where, done }: Cut): Promise<void> {
    this.#client.removeAllListeners('data').resume()
    if (where === 'lost') await this.#silence()
    this.cut()
    done()
  }

  #silence(): Promise<void> {
    return pause(this.#settings.holeMs, undefined, { ref: false })
  }

  #hearServer(chunk: Buffer): void {
    for (const message of this.#answered.push(chunk)) this.#answer(message)
  }

  #answer({ type, bytes }: Message): void {
    const cut = this.#pending[0]
    const isLast = type === 'Z'
    if (isLast) this.#pending.shift()
    if (cut === undefined) this.#client.write(bytes)
    else {
      this.#held.push(bytes)
      if (isLast) void this.#break(cut, Buffer.concat(this.#held.splice(0)))
    }
  }

  /** The server has answered in full, and is ready for more: what it was asked is done. */
  async #break({ where, share, done }: Cut, answer: Buffer): Promise<void> {
    // Whatever else the server says on this connection, nobody will hear it.
    this.deafen()
    if (where === 'inside') {
      const length = 1 + Math.floor(share * (answer.length - 1))
      await new Promise((resolve) => this.#client.write(answer.subarray(0, length), resolve))
    }
    if (where === 'hole') await this.#silence()
    this.cut()
    done()
  }
}
