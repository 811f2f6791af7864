import { terminal } from '../base/index.ts'
import type { Dependencies } from './dependencies/index.ts'
import { extendTimeout, type ServiceManager } from './platform/index.ts'
import { openAll } from './servers.ts'
import type { Settings } from './settings.ts'

/** The work of a start, which can be broken off. */
export class StartUp {
  readonly #settings: Settings
  readonly #dependencies: Dependencies
  readonly #manager: ServiceManager
  readonly #brokenOff = new AbortController()

  constructor(settings: Settings, dependencies: Dependencies, manager: ServiceManager) {
    this.#settings = settings
    this.#dependencies = dependencies
    this.#manager = manager
  }

  /** What is under way fails, and nothing more is begun. */
  breakOff(reason: string): void {
    this.#brokenOff.abort(terminal(new Error(`${reason} came before the service was ready`)))
  }

  /** @throws what it throws, or why it was broken off */
  async start(name: string, signal: AbortSignal): Promise<void> {
    const timeoutMs = this.#settings.dependencies.find((one) => one.name === name)?.startTimeoutMs ?? 0
    this.#manager([`STATUS=starting ${name}`, extendTimeout(timeoutMs)])
    await this.#dependencies.start(name, AbortSignal.any([signal, this.#brokenOff.signal]))
  }

  /** Resolves with the addresses when all servers listen. */
  open(signal: AbortSignal): Promise<string> {
    return openAll(this.#settings.servers, AbortSignal.any([signal, this.#brokenOff.signal]))
  }
}
