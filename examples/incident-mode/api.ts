import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate, type FlipsOf, type Gate, type Journal, type PhasesOf, type Subject } from 'phasegate'
import { fileJournal } from 'phasegate/file'
import { incident } from './incident.ts'

export type Phase = PhasesOf<typeof incident>

/** Which share of the searches is served. Payments always are. */
const SEARCHES: { readonly [In in Phase]: number } = { normal: 1, mitigation: 0, recovery: 0.5 }
/** How long an answer is looked back on, to tell how many fail. */
const RECENT_MS = 200

/** A process that serves payments and searches, in whatever phase its journal says. */
export class Api {
  readonly subject: Subject<Phase, FlipsOf<typeof incident>>
  readonly #release = { percent: 0 }
  readonly #journal: Journal
  readonly #gate: Gate<typeof incident>
  readonly #server: Server
  readonly #recent: { readonly at: number; readonly hasFailed: boolean }[] = []

  /** Comes up on `port`; 0 is any that is free. The phase is known before the first request comes. */
  static async open(folder: string, port: number): Promise<Api> {
    const api = new Api(folder)
    await api.subject.phase()
    api.#gate.start()
    api.#server.listen(port, '127.0.0.1')
    await once(api.#server, 'listening')
    return api
  }

  private constructor(folder: string) {
    this.#journal = fileJournal(folder)
    const deps = { release: this.#release, failing: () => this.failing() }
    this.#gate = createGate(incident, { deps, journal: this.#journal, poll: '100ms' })
    this.subject = this.#gate.subject('api')
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How many requests are being served, whatever phase they were admitted in. */
  get inFlight(): number {
    return [...incident.phases.keys()].reduce((sum, phase) => sum + this.subject.permits(phase as Phase), 0)
  }

  /** How many of the latest requests have failed, from 0 to 1. */
  failing(): number {
    const since = performance.now() - RECENT_MS
    while (this.#recent[0] !== undefined && this.#recent[0].at < since) this.#recent.shift()
    return this.#recent.filter(({ hasFailed }) => hasFailed).length / Math.max(10, this.#recent.length)
  }

  async close(): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
    await this.#gate.close()
    await this.#journal.close()
  }

  async #answer({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const phase = this.subject.lastSeen ?? 'normal'
    response.setHeader('x-phase', phase)
    if (url === '/search' && Math.random() >= SEARCHES[phase]) return shed(response)
    const permit = this.subject.admit(phase)
    try {
      response.statusCode = await this.#work()
      response.end()
    } finally {
      permit.done()
    }
  }

  /** The new version is slow, and fails. */
  async #work(): Promise<number> {
    const isNew = Math.random() * 100 < this.#release.percent
    await pause(isNew ? 60 : 5)
    this.#recent.push({ at: performance.now(), hasFailed: isNew })
    return isNew ? 500 : 200
  }
}

function shed(response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1' }).end()
}
