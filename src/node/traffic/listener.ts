import { type ListenOptions, Server as NetServer } from 'node:net'
import type { Clock } from '../../base/index.ts'
import type { Connections } from './connections.ts'
import { turnLoop } from './wait.ts'

/** How long connections that wait in the kernel's queue are let in before the listener closes. */
const ACCEPT_MS = 250
const QUIET_TURNS = 2
/** How long nobody may have knocked: a client that has its answer takes about that long to come again. */
const QUIET_MS = 20
/** A turn of the loop that took longer may have looked at the queue long ago. */
const SHORT_TURN_MS = 1
/** How much later than `ACCEPT_MS` it may be until a turn is sure to have left nobody in the queue. */
const UNSURE_MS = 250
/** And how many turns there must have been: a process that hardly gets to run has let in few of those who wait. */
const UNSURE_TURNS = 1_000

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

/** A turn of the loop while listeners are about to close. */
export interface Turn {
  /** Since nobody is let through to a handler. */
  readonly elapsedMs: number
  /** How many there were before it. */
  readonly turns: number
  readonly tookMs: number
  /** Whether a connection was accepted in it. */
  readonly hasBrought: boolean
  /** How many turns nobody has seemed to come any more. */
  readonly quietTurns: number
}

/** Whether to close now. One more connection may be in the queue after each that came, and after a turn that was long. */
export function mayClose({ elapsedMs, turns, tookMs, hasBrought, quietTurns }: Turn): boolean {
  if (elapsedMs >= ACCEPT_MS + UNSURE_MS && turns >= UNSURE_TURNS) return true
  return !hasBrought && tookMs < SHORT_TURN_MS && (quietTurns >= QUIET_TURNS || elapsedMs >= ACCEPT_MS)
}

/**
 * Closes the listeners and nothing else: `http.Server.close()` would destroy idle sockets and stop the check for stalled
 * requests. The kernel may hold connections that were established and not yet accepted; closing resets them. So first the
 * loop turns until none has come for a while, with new requests held back: who waits for an answer does not knock again.
 */
export async function stopAccepting(
  servers: readonly NetServer[],
  connections: Connections,
  clock: Clock,
): Promise<void> {
  const open = servers.filter((server) => server.listening)
  if (open.length === 0) return connections.shut()
  const { hold } = connections
  const startedMs = clock.monotonic()
  hold.begin()
  for (let quietTurns = 0, turns = 0; ; turns++) {
    const [before, turnedMs] = [connections.acceptedTotal, clock.monotonic()]
    await turnLoop()
    const nowMs = clock.monotonic()
    const hasBrought = connections.acceptedTotal !== before
    const quietMs = hasBrought ? 0 : nowMs - connections.lastKnockMs
    const nobodyIsServed = connections.inFlight <= hold.size
    quietTurns = quietMs >= ACCEPT_MS || (quietMs >= QUIET_MS && nobodyIsServed) ? quietTurns + 1 : 0
    if (mayClose({ elapsedMs: nowMs - startedMs, turns, tookMs: nowMs - turnedMs, hasBrought, quietTurns })) break
  }
  for (const server of open) NetServer.prototype.close.call(server)
  // Before anybody is answered: who waits for an answer sends nothing that a last GOAWAY could cross.
  connections.shut()
  hold.end()
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
