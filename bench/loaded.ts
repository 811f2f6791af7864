import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { SCRATCH } from './library.ts'

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')
const END_OF_HEAD = '\r\n\r\n'

/** What a run of requests took. */
export interface Spent {
  readonly wallNs: number
  /** Of the server's process, all its threads together. */
  readonly cpuNs: number
}

/** A server in a process of its own, and clients here that keep their connections. They do as little as clients can. */
export class Loaded {
  readonly #child: ChildProcess
  readonly #sockets: readonly Socket[]
  /** All answers are of the same length. */
  readonly #answerBytes: number

  private constructor(child: ChildProcess, sockets: readonly Socket[], answerBytes: number) {
    this.#child = child
    this.#sockets = sockets
    this.#answerBytes = answerBytes
  }

  /** `door`: the URL of `phasegate/node`, for a server under `service()`; without it the server is bare. */
  static async start(clients: number, handler: string, door?: string): Promise<Loaded> {
    built ??= buildServer()
    const child = fork(await built, door === undefined ? [handler] : [handler, door], { execArgv: [] })
    const [port] = await once(child, 'message')
    const sockets = Array.from({ length: clients }, () => connect({ port, host: '127.0.0.1', noDelay: true }))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const [first] = sockets
    if (first === undefined) throw new Error('no clients')
    return new Loaded(child, sockets, await answerBytes(first))
  }

  /** Each client asks again as soon as it has its answer, `times` requests in all. */
  async run(times: number): Promise<Spent> {
    const before = await this.#cpuNs()
    const start = process.hrtime.bigint()
    const each = Math.ceil(times / this.#sockets.length)
    await Promise.all(this.#sockets.map((socket) => this.#ask(socket, each)))
    const asked = each * this.#sockets.length
    const perAsked = times / asked
    const wallNs = Number(process.hrtime.bigint() - start) * perAsked
    return { wallNs, cpuNs: ((await this.#cpuNs()) - before) * perAsked }
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#child.kill('SIGKILL')
  }

  #ask(socket: Socket, times: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('the server has closed an idle connection'))
      let left = times
      let missing = this.#answerBytes
      const read = (chunk: Buffer): void => {
        missing -= chunk.length
        if (missing > 0) return
        missing = this.#answerBytes
        left -= 1
        if (left > 0) socket.write(REQUEST)
        else resolve(void socket.off('data', read))
      }
      socket.on('data', read).write(REQUEST)
    })
  }

  async #cpuNs(): Promise<number> {
    this.#child.send('cpu')
    const [{ user, system }] = await once(this.#child, 'message')
    return (user + system) * 1e3
  }
}

let built: Promise<string> | undefined

/** As plain JavaScript: the TypeScript loader would name each function that is made, once a request. */
async function buildServer(): Promise<string> {
  const outDir = `${SCRATCH}/server`
  const entry = { server: fileURLToPath(new URL('./node-server.ts', import.meta.url)) }
  await build({ config: false, entry, outDir, format: 'esm', target: 'node20', silent: true })
  return `${outDir}/server.js`
}

/** How many bytes an answer has, asked for once. */
async function answerBytes(socket: Socket): Promise<number> {
  let read = ''
  socket.write(REQUEST)
  for (;;) {
    const [chunk] = await once(socket, 'data')
    read += chunk.toString('latin1')
    const head = read.indexOf(END_OF_HEAD)
    const body = Number(/content-length: (\d+)/i.exec(read)?.[1] ?? 0)
    const whole = head + END_OF_HEAD.length + body
    if (head > 0 && read.length >= whole) return whole
  }
}
