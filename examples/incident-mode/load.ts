import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Phase } from './api.ts'

const ASK_EVERY_MS = 10

export type Path = '/pay' | '/search'

/** What came back, by phase, path and status. */
export class Tally {
  readonly #counts = new Map<string, number>()
  /** Asked while nobody listened. */
  unheard = 0
  /** Told to come later, and not when. */
  withoutRetryAfter = 0

  add(phase: string, path: Path, status: number): void {
    const key = `${phase} ${path} ${status}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  count(phase: Phase, path: Path, status: number): number {
    return this.#counts.get(`${phase} ${path} ${status}`) ?? 0
  }
}

/** Clients that pay and search all the time. */
export class Load {
  readonly #port: number
  readonly #tally = new Tally()
  readonly #ended: Promise<unknown>
  #isStopping = false

  constructor(port: number) {
    this.#port = port
    this.#ended = this.#go()
  }

  /** Asks no more, and resolves when the last answer has come. */
  async stop(): Promise<Tally> {
    this.#isStopping = true
    await this.#ended
    return this.#tally
  }

  async #go(): Promise<void> {
    const asked: Promise<void>[] = []
    while (!this.#isStopping) {
      asked.push(this.#ask('/pay'), this.#ask('/search'))
      await pause(ASK_EVERY_MS)
    }
    await Promise.all(asked)
  }

  async #ask(path: Path): Promise<void> {
    try {
      const [response] = (await once(get({ port: this.#port, path, agent: false }), 'response')) as [IncomingMessage]
      response.resume()
      const { statusCode = 0, headers } = response
      this.#tally.add(String(headers['x-phase']), path, statusCode)
      if (statusCode === 503 && headers['retry-after'] === undefined) this.#tally.withoutRetryAfter += 1
    } catch {
      this.#tally.unheard += 1
    }
  }
}
