import {
  Agent,
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream'

/** A place that requests can be sent to. */
export interface Upstream {
  readonly name: string
  readonly port: number
}

interface Target extends Upstream {
  readonly agent: Agent
  isReady: boolean
}

const POLL_MS = 200
const MOST_KEPT = 256
/** These speak of one connection and are not passed on. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding']

/**
 * A small L7 balancer: round robin over the upstreams whose `/readyz` says 200, asked every 200 ms, over connections that
 * are kept alive. It retries nothing: what goes wrong behind it, its clients see.
 */
export class Balancer {
  readonly server: Server = createServer((incoming, response) => this.#forward(incoming, response))
  readonly #targets: readonly Target[]
  readonly #changed: (name: string, isReady: boolean) => void
  readonly #polling: NodeJS.Timeout
  #turn = 0

  /** `changed` is told when an upstream gets its first request, and when it gets no more. */
  constructor(upstreams: readonly Upstream[], changed: (name: string, isReady: boolean) => void) {
    this.#targets = upstreams.map((upstream) => ({
      ...upstream,
      agent: new Agent({ keepAlive: true }),
      isReady: false,
    }))
    this.#changed = changed
    this.#polling = setInterval(() => void this.poll(), POLL_MS)
  }

  async poll(): Promise<void> {
    await Promise.all(
      this.#targets.map(async (target) => {
        const isReady = await answersReady(target.port)
        if (isReady === target.isReady) return
        target.isReady = isReady
        keepConnections(target.agent, isReady)
        this.#changed(target.name, isReady)
      }),
    )
  }

  close(): void {
    clearInterval(this.#polling)
    this.server.close()
    this.server.closeAllConnections()
    for (const target of this.#targets) target.agent.destroy()
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const ready = this.#targets.filter((target) => target.isReady)
    const target = ready[this.#turn++ % ready.length]
    if (target === undefined) return answer(response, 503)
    const { method, url, headers } = incoming
    const { port, agent } = target
    const outgoing = request({ host: '127.0.0.1', port, agent, method, path: url, headers: endToEnd(headers) })
    outgoing.on('error', () => (response.headersSent ? cut(response) : answer(response, 502)))
    outgoing.on('response', (upstream) => {
      response.writeHead(upstream.statusCode ?? 502, endToEnd(upstream.headers))
      pipeline(upstream, response, (error) => {
        if (error) cut(response)
      })
    })
    pipeline(incoming, outgoing, () => {})
  }
}

function answersReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get({ host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: POLL_MS }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.on('timeout', () => probe.destroy())
    probe.on('error', () => resolve(false))
  })
}

/** To an upstream that is not ready no connection is kept: idle ones end now, the others with their answers. */
function keepConnections(agent: Agent, isReady: boolean): void {
  agent.maxFreeSockets = isReady ? MOST_KEPT : 0
  if (isReady) return
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy()
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)))
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end('no answer, end\n')
}

/** A response that cannot be finished must not look as if it were: a reset is what every client counts as an error. */
function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}
