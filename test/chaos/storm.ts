import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from '../servers/postgres.ts'
import type { PostgresProxy } from '../servers/proxy.ts'
import type { Crew } from './crew.ts'
import { below } from './random.ts'
import { Tally } from './tally.ts'

export interface StormOptions {
  readonly crew: Crew
  readonly server: PostgresServer
  readonly proxy: PostgresProxy
  readonly random: () => number
  readonly leaseMs: number
  readonly forMs: number
}

/** Of each statement, to be cut somewhere. */
const CUT = 0.004
const KILL_EVERY_MS = 2_500
const FREEZE_EVERY_MS = 2_000
const SERVER_KILL_EVERY_MS = 9_000

/** Everything that can happen to processes, connections and the server, for some time, and then no more. */
export class Storm {
  readonly counts = new Tally()
  readonly #options: StormOptions
  readonly #over: AbortSignal

  constructor(options: StormOptions) {
    this.#options = options
    this.#over = AbortSignal.timeout(options.forMs)
  }

  /** Resolves when it is over, the server is up, and the dead are alive again. */
  async blow(): Promise<void> {
    const { proxy, random } = this.#options
    proxy.chaos({ probability: CUT, random })
    await Promise.all([
      this.#repeat(KILL_EVERY_MS, () => this.#killWorker()),
      this.#repeat(FREEZE_EVERY_MS, () => this.#freezeWorker()),
      this.#repeat(SERVER_KILL_EVERY_MS, () => this.#killServer()),
    ])
    proxy.chaos(undefined)
  }

  async #repeat(everyMs: number, happen: () => Promise<void>): Promise<void> {
    while (await this.#wait(everyMs * (0.5 + this.#options.random()))) await happen()
  }

  /** False when the storm is over. */
  async #wait(ms: number): Promise<boolean> {
    await pause(ms, undefined, { signal: this.#over }).catch(() => undefined)
    return !this.#over.aborted
  }

  async #killWorker(): Promise<void> {
    const { crew, random } = this.#options
    const living = [...crew.those('running'), ...crew.those('stopped')]
    const victim = living[below(random, living.length)]
    if (victim === undefined) return
    victim.kill()
    this.counts.add('workers killed')
    await this.#wait(200 + 600 * random())
    await victim.start()
  }

  async #freezeWorker(): Promise<void> {
    const { crew, random, leaseMs } = this.#options
    const running = crew.those('running')
    const victim = running[below(random, running.length)]
    if (victim === undefined) return
    victim.freeze()
    this.counts.add('workers stopped past their lease')
    await this.#wait(leaseMs * (1.2 + 1.3 * random()))
    victim.thaw()
  }

  /** Sometimes when it has done what nobody has heard of; sometimes its port is closed, sometimes it does not answer. */
  async #killServer(): Promise<void> {
    const { server, proxy, random } = this.#options
    if (random() < 0.7) {
      proxy.deafen()
      await pause(100)
    }
    if (random() < 0.7) proxy.shut()
    const killedAt = performance.now()
    await server.kill()
    this.counts.add('server kills')
    await this.#wait(500 * random())
    await server.restart()
    await proxy.open()
    this.counts.add('ms without the server', Math.round(performance.now() - killedAt))
  }
}
