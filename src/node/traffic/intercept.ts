import { Server as HttpServer, IncomingMessage, type ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Stop } from '../../base/index.ts'

/** What a service can run. */
export type AnyServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** What a service wants to see of its server. */
export interface ServerWatcher {
  /** A connection was accepted. */
  accepted(socket: Socket): void
  /** HTTP/1 can be spoken on `socket`: for TLS, later than `accepted` and another object. */
  opened(socket: Socket): void
  /** False: it has been dealt with, and the server's own handlers are not to see it. */
  requested(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether `go`, which shows a request to the server's own handlers, is kept for later. */
  keeps(go: () => void): boolean
  /** `socket` speaks another protocol from here on. */
  upgraded(socket: Socket): void
}

type Emit = (event: string | symbol, ...args: readonly unknown[]) => boolean

/**
 * Shows everything that arrives at `server` to `watcher` first, also before handlers that are added later. That needs
 * `emit`: listeners can neither keep others from running nor be sure to run first.
 */
export function intercept(server: AnyServer, watcher: ServerWatcher): Stop {
  const emit = server.emit as Emit
  const spoken = server instanceof TlsServer ? 'secureConnection' : 'connection'
  const watched = (...given: Parameters<Emit>): boolean => {
    const [event, ...args] = given
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation': {
        const [request, response] = args
        if (!(request instanceof IncomingMessage)) break
        if (!watcher.requested(request, response as ServerResponse)) return true
        if (watcher.keeps(() => void Reflect.apply(emit, server, given))) return true
        break
      }
      case 'upgrade':
      case 'connect':
        if (args[0] instanceof IncomingMessage) watcher.upgraded(args[0].socket)
        break
      case 'connection':
        watcher.accepted(args[0] as Socket)
        break
    }
    if (event === spoken && server instanceof HttpServer) watcher.opened(args[0] as Socket)
    return Reflect.apply(emit, server, given)
  }
  server.emit = watched as typeof server.emit
  return () => {
    if (server.emit === watched) server.emit = emit as typeof server.emit
  }
}
