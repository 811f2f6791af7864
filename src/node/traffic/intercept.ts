import { Server as HttpServer, IncomingMessage, type ServerResponse } from 'node:http'
import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket, Server as TlsServer } from 'node:tls'
import type { Stop } from '../../base/index.ts'

/** What a service can run. */
export type AnyServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** What a service wants to see of its server. */
export interface ServerWatcher {
  /** A connection was accepted. */
  accepted(socket: Socket): void
  /** HTTP/1 can be spoken on `socket`: for TLS, later than `accepted` and another object. */
  opened(socket: Socket): void
  /** HTTP/2 is spoken on a connection. */
  joined(session: ServerHttp2Session): void
  /** As `requested`, for a request of HTTP/2, whichever of Node's interfaces its handler uses. */
  streamed(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean
  /** False: it has been dealt with, and the server's own handlers are not to see it. */
  requested(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether `go`, which shows a request to the server's own handlers, is kept for later. */
  keeps(go: () => void): boolean
  /** The socket of `request` speaks another protocol from here on. */
  upgraded(request: IncomingMessage): void
}

type Emit = (event: string | symbol, ...args: readonly unknown[]) => boolean

/**
 * Shows everything that arrives at `server` to `watcher` first, also before handlers that are added later. That needs
 * `emit`: listeners can neither keep others from running nor be sure to run first.
 */
export function intercept(server: AnyServer, watcher: ServerWatcher): Stop {
  const emit = server.emit as Emit
  const spoken = server instanceof TlsServer ? 'secureConnection' : 'connection'
  // On the path of every request: what arrives is handed on as it is, nothing is taken apart and put together again.
  const watched = (event: string | symbol, ...args: readonly unknown[]): boolean => {
    const go = (): boolean => emit.call(server, event, ...args)
    if (event === spoken && speaksHttp1(server, args[0])) watcher.opened(args[0] as Socket)
    return show(watcher, event, args, go) === 'dealt with' || go()
  }
  server.emit = watched as typeof server.emit
  return () => {
    if (server.emit === watched) server.emit = emit as typeof server.emit
  }
}

/** `go` shows the event to the server's own handlers. */
function show(
  watcher: ServerWatcher,
  event: string | symbol,
  args: readonly unknown[],
  go: () => boolean,
): 'dealt with' | 'go' {
  switch (event) {
    case 'request':
    case 'checkContinue':
    case 'checkExpectation': {
      const request = args[0]
      if (!(request instanceof IncomingMessage)) return 'go'
      if (!watcher.requested(request, args[1] as ServerResponse)) return 'dealt with'
      return watcher.keeps(go) ? 'dealt with' : 'go'
    }
    case 'stream': {
      const stream = args[0] as ServerHttp2Stream
      if (!watcher.streamed(stream, args[1] as IncomingHttpHeaders)) return 'dealt with'
      return keepsStream(watcher, stream, go) ? 'dealt with' : 'go'
    }
    case 'session':
      watcher.joined(args[0] as ServerHttp2Session)
      return 'go'
    case 'upgrade':
    case 'connect':
      if (args[0] instanceof IncomingMessage) watcher.upgraded(args[0])
      return 'go'
    case 'connection':
      watcher.accepted(args[0] as Socket)
      return 'go'
    default:
      return 'go'
  }
}

/** Until a stream has a handler nobody listens for its errors, and one that has ended by then needs none. */
function keepsStream(watcher: ServerWatcher, stream: ServerHttp2Stream, go: () => boolean): boolean {
  const unheard = (): void => {}
  const isKept = watcher.keeps(() => {
    if (stream.destroyed) return
    stream.off('error', unheard)
    go()
  })
  if (isKept) stream.on('error', unheard)
  return isKept
}

/** A server of HTTP/2 leaves a connection to HTTP/1 if its client did not choose otherwise, which takes TLS. */
function speaksHttp1(server: AnyServer, socket: unknown): boolean {
  return server instanceof HttpServer || (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2')
}
