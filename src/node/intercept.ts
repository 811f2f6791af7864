import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Stop } from '../base/index.ts'

/** What a service wants to see of its server. */
export interface ServerWatcher {
  /** A connection was accepted. */
  accepted(socket: Socket): void
  /** HTTP can be spoken on `socket`: for TLS, later than `accepted` and another object. */
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
export function intercept(server: HttpServer, watcher: ServerWatcher): Stop {
  const emit = server.emit
  const spoken = server instanceof HttpsServer ? 'secureConnection' : 'connection'
  const watched = (...given: Parameters<Emit>): boolean => {
    const [event, ...args] = given
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        if (!watcher.requested(args[0] as IncomingMessage, args[1] as ServerResponse)) return true
        if (watcher.keeps(() => void Reflect.apply(emit, server, given))) return true
        break
      case 'upgrade':
      case 'connect':
        watcher.upgraded((args[0] as IncomingMessage).socket)
        break
      case 'connection':
        watcher.accepted(args[0] as Socket)
        break
    }
    if (event === spoken) watcher.opened(args[0] as Socket)
    return Reflect.apply(emit, server, given)
  }
  server.emit = watched as typeof server.emit
  return () => {
    if (server.emit === watched) server.emit = emit
  }
}
