import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { turnLoop } from './wait.ts'

/** When the goodbye began, in monotonic ms, and for how long an idle socket stays after it. */
export interface LingerRule {
  readonly partedAtMs: number
  readonly lingerMs: number
}

/** At least this long after a response that could not say goodbye: the client takes the socket for a good one. */
const UNWARNED_MS = 250
/** Sockets are looked at this often even if nothing seems to happen: bytes arrive without an event. */
const RECHECK_MS = 1_000

/**
 * When a socket that is idle since `idleSinceMs` is closed. Counted from the goodbye or from its last response, whichever
 * is later, because a client may already be writing the next request when we think that the socket is idle.
 */
export function lingersUntil(idleSinceMs: number, rule: LingerRule): number {
  if (idleSinceMs <= rule.partedAtMs) return rule.partedAtMs + rule.lingerMs
  return idleSinceMs + Math.max(rule.lingerMs, UNWARNED_MS)
}

/** Closes the idle connections of a server, each when it has lingered. */
export class Linger {
  readonly #connections: Connections
  readonly #rule: LingerRule
  #closed = 0

  constructor(connections: Connections, rule: LingerRule) {
    this.#connections = connections
    this.#rule = rule
  }

  /** How many idle connections it has closed. */
  get closed(): number {
    return this.#closed
  }

  get #nowMs(): number {
    return this.#connections.clock.monotonic()
  }

  /** Resolves when no connection is idle, or `signal` aborts. */
  async untilNoneIdle(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const idle = await this.#closeDue()
      if (idle.length === 0) return
      await this.#connections.changed(this.#earliest(idle) - this.#nowMs, signal)
    }
  }

  /** Resolves when no connection is left, or `signal` aborts. */
  async untilNoneLeft(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#connections.all.length > 0) {
      const idle = await this.#closeDue()
      await this.#connections.changed(Math.min(RECHECK_MS, this.#earliest(idle) - this.#nowMs), signal)
    }
  }

  /** Closes what is due; answers what is idle and not due yet. */
  async #closeDue(): Promise<readonly Connection[]> {
    const due = this.#connections.all.filter((connection) => this.#isDue(connection))
    // A timer runs before what has arrived is read: let a request that is already here be seen.
    if (due.length > 0) await turnLoop()
    const closing = due.filter((connection) => this.#isDue(connection))
    for (const connection of closing) connection.close()
    this.#closed += closing.length
    return this.#connections.all.filter((connection) => connection.isIdle() && !connection.socket.destroyed)
  }

  #isDue(connection: Connection): boolean {
    const { socket, idleSinceMs } = connection
    return !socket.destroyed && connection.isIdle() && lingersUntil(idleSinceMs, this.#rule) <= this.#nowMs
  }

  #earliest(idle: readonly Connection[]): number {
    return idle.reduce(
      (earliest, { idleSinceMs }) => Math.min(earliest, lingersUntil(idleSinceMs, this.#rule)),
      Infinity,
    )
  }
}
