import type { Socket } from 'node:net'
import type { Connection, Exchange } from './connection.ts'
import { type Pending, pathOf } from './pending.ts'

const NONE: Iterable<Exchange> = []

/** A connection that speaks a protocol which only its owner knows. It is never idle: its owner ends it, or the deadline. */
export class UpgradedConnection implements Connection {
  readonly socket: Socket
  readonly exchanges: Iterable<Exchange> = NONE
  readonly #path: string | undefined
  readonly #sinceMs: number

  /** `url`: what the request that upgraded it asked for. */
  constructor(socket: Socket, url: string | undefined, nowMs: number) {
    this.socket = socket
    this.#path = pathOf(url)
    this.#sinceMs = nowMs
  }

  lingersUntil(): undefined {}

  pending(nowMs: number): readonly Pending[] {
    const ageMs = nowMs - this.#sinceMs
    const bytes = this.socket.bytesWritten
    return [{ what: 'upgraded connection', name: undefined, method: undefined, path: this.#path, ageMs, bytes }]
  }

  part(): void {}

  shut(): void {}

  close(): void {
    this.socket.destroy()
  }

  cut(): void {
    this.socket.destroy()
  }
}
