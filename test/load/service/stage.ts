import { createServer, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Protocol } from '../traffic/index.ts'
import { handler } from './handler.ts'

/** How long a contender that can be told so goes on serving after the signal: as long as the latest balancer needs. */
export const DELAY_MS = 1_500
/** What a contender that can be told so allows for requests in flight. */
export const TIMEOUT_MS = 10_000

/** Where a service answers for its readiness, when it is not beside its work. */
export interface Address {
  readonly port: number
  readonly readiness: { readonly port: number; readonly path: string }
}

/** A service that serves the workload and knows nothing of its end. */
export interface Stage {
  readonly server: Server | Http2Server
  readonly webSockets: WebSocketServer | undefined
  /** From now on `/readyz` answers 503. */
  unready(): void
  /** Listens on a free port. */
  listen(): Promise<Address>
}

export function stageFor(protocol: Protocol): Stage {
  let isReady = true
  const serve = handler(() => isReady)
  const server = protocol === 'h2c' ? createHttp2Server(serve) : createServer(serve)
  return {
    server,
    webSockets: protocol === 'web-sockets' ? echoing(server as Server) : undefined,
    unready() {
      isReady = false
    },
    listen: () =>
      new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve(addressOf((server.address() as AddressInfo).port)))
      }),
  }
}

export function addressOf(port: number, readinessPort = port, path = '/readyz'): Address {
  return { port, readiness: { port: readinessPort, path } }
}

/** A WebSocket server on `server` that says everything again. */
export function echoing(server: Server): WebSocketServer {
  const webSockets = new WebSocketServer({ server })
  webSockets.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return webSockets
}
