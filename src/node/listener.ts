import { type ListenOptions, Server as NetServer } from 'node:net'
import type { Clock } from '../base/index.ts'
import { turnLoop } from './wait.ts'

/** How long connections that wait in the kernel's queue are let in before the listener closes. */
const ACCEPT_MS = 250
const QUIET_TURNS = 2

/** Resolves when `server` listens: by `options`, or, without them, when its owner has made it listen. */
export function listening(server: NetServer, options: ListenOptions | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    if (server.listening) return resolve()
    const settle = (done: () => void): void => {
      server.off('listening', listened).off('error', failed)
      signal.removeEventListener('abort', aborted)
      done()
    }
    const listened = (): void => settle(resolve)
    const failed = (error: Error): void => settle(() => reject(error))
    const aborted = (): void => settle(() => reject(signal.reason))
    server.on('listening', listened).on('error', failed)
    signal.addEventListener('abort', aborted, { once: true })
    if (options !== undefined) server.listen(options)
  })
}

/**
 * Closes the listener and nothing else: `http.Server.close()` would destroy idle sockets and stop the check for stalled
 * requests. The kernel may hold connections that were established and not yet accepted; closing resets them, so first
 * the loop turns until none comes.
 */
export async function stopAccepting(server: NetServer, accepted: () => number, clock: Clock): Promise<void> {
  if (!server.listening) return
  const until = clock.monotonic() + ACCEPT_MS
  for (let quiet = 0; quiet < QUIET_TURNS && clock.monotonic() < until; ) {
    const before = accepted()
    await turnLoop()
    quiet = accepted() === before ? quiet + 1 : 0
  }
  NetServer.prototype.close.call(server)
}

/** `127.0.0.1:8080`, or the path of a socket. */
export function addressOf(server: NetServer): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return address ?? ''
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

/** Ends what `http.Server.close()` would have ended, once no connection is left. */
export function closeServer(server: NetServer): void {
  server.close(() => {})
}
