import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock, Stop } from '../../base/index.ts'
import { PROBE, REFUSED } from './connection.ts'
import { Connections } from './connections.ts'
import { type Doorkeeper, type Incoming, Reply, type Returnable } from './door.ts'
import { Http1Connection } from './http1.ts'
import { answerStream, Http2Session } from './http2.ts'
import { type AnyServer, intercept } from './intercept.ts'
import { Linger } from './linger.ts'
import type { LingerRule } from './linger-rule.ts'
import { closeServer, stopAccepting } from './listener.ts'
import type { Pending } from './pending.ts'
import { respond } from './respond.ts'
import { UpgradedConnection } from './upgraded.ts'

/** Everything that is asked of the servers of a service, and how it comes to an end. */
export class Traffic {
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #servers = new Set<AnyServer>()
  readonly #sessions = new WeakMap<ServerHttp2Session, Http2Session>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#connections = new Connections(clock)
  }

  /** Requests that are being served, without probes. */
  get inFlight(): number {
    return this.#connections.inFlight
  }

  /** Requests that were answered in full since the goodbye began, without probes. */
  get answeredLate(): number {
    return this.#connections.answeredLate
  }

  /** Requests that were refused since the goodbye began. */
  get refusedLate(): number {
    return this.#connections.refusedLate
  }

  /** Sessions of HTTP/2 that were told that they are to end. */
  get goaways(): number {
    return this.#connections.goaways
  }

  /** Monotonic ms of the last request that was no probe. */
  get lastTrafficMs(): number {
    return this.#connections.lastTrafficMs
  }

  /** From here on whatever arrives at `server` is shown to `doorkeeper` first. */
  watch(server: AnyServer, doorkeeper: Doorkeeper): Stop {
    this.#servers.add(server)
    const stop = intercept(server, {
      accepted: (socket) => this.#connections.accepted(socket),
      opened: (socket) => void this.#http1(socket),
      joined: (session) => void this.#http2(session),
      streamed: (stream, headers) => this.#streamed(stream, headers, doorkeeper),
      requested: (request, response) => this.#requested(request, response, doorkeeper),
      keeps: (go) => this.#connections.keeps(go),
      upgraded: (request) => this.#upgraded(request),
    })
    return () => {
      this.#servers.delete(server)
      stop()
    }
  }

  /** From here on every response whose head has not been sent says goodbye, if `mayPart` says so. */
  part(mayPart: () => boolean): void {
    this.#connections.part(mayPart)
  }

  /** No goodbye is said any more. Those that were said stay said. */
  stay(): void {
    this.#connections.stay()
  }

  /** Lets in what has already knocked, then closes the listeners of all servers in one step. */
  stopAccepting(): Promise<void> {
    return stopAccepting([...this.#servers], this.#connections, this.#clock)
  }

  /** Closes idle connections, each when it has lingered. */
  linger(rule: LingerRule): Linger {
    return new Linger(this.#connections, rule)
  }

  /** What keeps connections open, oldest first. */
  pending(): readonly Pending[] {
    return this.#connections.pending()
  }

  /** Resolves when no request is in flight that `mayStay` says no to, or `signal` aborts. */
  async untilNone(mayStay: (incoming: Incoming) => boolean, signal: AbortSignal): Promise<void> {
    const left = (): boolean => {
      for (const { permit, incoming } of this.#connections.exchanges()) {
        if (permit !== PROBE && !mayStay(incoming)) return true
      }
      return false
    }
    while (!signal.aborted && left()) await this.#connections.changed(RECHECK_MS, signal)
  }

  /** Cuts whatever is left. */
  async cut(): Promise<void> {
    await this.#connections.destroyAll()
    for (const server of this.#servers) closeServer(server)
  }

  #http1(socket: Socket): Http1Connection {
    const known = this.#connections.of(socket)
    if (known instanceof Http1Connection) return known
    const connection = new Http1Connection(socket, this.#connections)
    this.#connections.set(connection)
    socket.once('close', () => {
      connection.ended()
      const latest = this.#connections.of(socket)
      if (latest !== undefined) this.#connections.delete(latest)
    })
    return connection
  }

  #http2(session: ServerHttp2Session): Http2Session {
    const known = this.#sessions.get(session)
    if (known !== undefined) return known
    const connection = new Http2Session(session, this.#connections)
    this.#sessions.set(session, connection)
    this.#connections.set(connection)
    connection.socket.once('close', () => this.#connections.delete(connection))
    return connection
  }

  #upgraded({ socket, url }: IncomingMessage): void {
    this.#http1(socket)
    this.#connections.set(new UpgradedConnection(socket, url, this.#clock.monotonic()))
  }

  #requested(request: IncomingMessage, response: ServerResponse, doorkeeper: Doorkeeper): boolean {
    const connection = this.#http1(request.socket)
    if (!connection.mayRun) return false
    connection.isAsked = true
    const answer = doorkeeper.receive(request)
    connection.isAsked = false
    if (!(answer instanceof Reply)) {
      connection.begin(request, response, answer)
      return true
    }
    if (answer.to === 'refused') this.#connections.refused()
    connection.begin(request, response, permitOf(answer))
    respond(response, answer)
    return false
  }

  #streamed(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, doorkeeper: Doorkeeper): boolean {
    const { session } = stream
    // It has ended before anybody saw it.
    if (session === undefined || stream.destroyed) return false
    const connection = this.#http2(session as ServerHttp2Session)
    const incoming = { method: headers[':method'], url: headers[':path'], headers }
    const answer = doorkeeper.receive(incoming)
    connection.begin(stream, incoming, answer instanceof Reply ? permitOf(answer) : answer)
    if (!(answer instanceof Reply)) return true
    if (answer.to === 'refused') this.#connections.refused()
    answerStream(stream, answer)
    return false
  }
}

function permitOf(reply: Reply): Returnable {
  return reply.to === 'probe' ? PROBE : REFUSED
}

/** Requests are looked at this often even if nothing seems to end. */
const RECHECK_MS = 1_000
