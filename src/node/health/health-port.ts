import { createServer, type Server } from 'node:http'
import { type ListenOptions, Server as NetServer } from 'node:net'
import { listening, type Reply, turnLoop } from '../traffic/index.ts'

/** A server for probes alone: the first to listen and the last to close. */
export class HealthPort {
  readonly #server: Server
  readonly #listen: ListenOptions

  /** `answer`: what is said to who asks for `url`; undefined: there is no such thing here. */
  constructor(listen: ListenOptions, answer: (url: string | undefined) => Reply | undefined) {
    this.#listen = listen
    this.#server = createServer((request, response) => {
      const reply = answer(request.url)
      if (reply === undefined) response.writeHead(404, { 'Content-Length': 0 }).end()
      else response.writeHead(reply.status, reply.headers).end(reply.body)
    })
  }

  /** What was asked for with port 0. */
  get server(): Server {
    return this.#server
  }

  open(signal: AbortSignal): Promise<void> {
    return listening(this.#server, this.#listen, signal)
  }

  /** Whoever is being answered still is. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    NetServer.prototype.close.call(this.#server)
    await turnLoop()
    this.#server.close(() => {})
    this.#server.closeAllConnections()
  }
}
