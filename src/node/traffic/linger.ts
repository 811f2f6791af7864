import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import type { LingerRule } from './linger-rule.ts'
import { turnLoop } from './wait.ts'

/** Sockets are looked at this often even if nothing seems to happen: bytes arrive without an event. */
const RECHECK_MS = 1_000

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
    // A session that was told to end does so by itself.
    this.#closed += closing.filter(({ socket }) => socket.destroyed).length
    return this.#connections.all.filter((connection) => this.#until(connection) !== undefined)
  }

  #isDue(connection: Connection): boolean {
    return (this.#until(connection) ?? Infinity) <= this.#nowMs
  }

  #until(connection: Connection): number | undefined {
    return connection.socket.destroyed ? undefined : connection.lingersUntil(this.#rule)
  }

  #earliest(lingering: readonly Connection[]): number {
    return lingering.reduce((earliest, connection) => Math.min(earliest, this.#until(connection) ?? Infinity), Infinity)
  }
}
