import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Summary } from 'phasegate/node'
import type { Address } from './service/stage.ts'

/** Where what is compared with is installed. */
const PEERS = fileURLToPath(new URL('./peers', import.meta.url))

/** What a contender tells, a line each. */
interface Told {
  readonly address?: Address
  readonly log?: string
  readonly summary?: Summary
  readonly cpuMs?: number
}

/** How a process ended. `undefined`: it was killed for not ending. */
export type Exit = number | NodeJS.Signals | undefined

/** A service in a process of its own, with what it has told. */
export class ServiceProcess {
  readonly log: string[] = []
  readonly address: Promise<Address>
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #summary: Summary | undefined
  #cpuMs: number | undefined

  /** Runs the program `file`, which does as it is ordered. */
  constructor(file: string, orders: object) {
    this.#child = spawn(process.execPath, [file], {
      env: { ...process.env, LOAD: JSON.stringify(orders), LOAD_PEERS: PEERS },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#child, 'close')
    this.address = new Promise((resolve, reject) => {
      this.#read(resolve)
      const ended = (): Error =>
        new Error(`ended before it listened, ${JSON.stringify(orders)}: ${this.log.join('\n')}`)
      void this.#exited.then(() => reject(ended()))
    })
    // Whoever waits for the address hears of it.
    this.address.catch(() => {})
  }

  /** What the drain came to, if the contender says so. */
  get summary(): Summary | undefined {
    return this.#summary
  }

  /** What all of it took of the processors, if the service says so. */
  get cpuMs(): number | undefined {
    return this.#cpuMs
  }

  /** Sends SIGTERM; answers how the process ended and after how many ms. Kills it after `capMs`. */
  async terminate(capMs: number): Promise<{ readonly exit: Exit; readonly ms: number }> {
    const begun = performance.now()
    const cap = setTimeout(() => this.kill(), capMs)
    let isCapped = true
    this.#child.kill('SIGTERM')
    this.#child.once('exit', () => (isCapped = performance.now() - begun >= capMs))
    await once(this.#child, 'exit')
    const ms = performance.now() - begun
    clearTimeout(cap)
    await this.#exited
    return { exit: isCapped ? undefined : (this.#child.exitCode ?? this.#child.signalCode ?? undefined), ms }
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #read(listens: (address: Address) => void): void {
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) return
    createInterface({ input: stderr }).on('line', (line) => this.log.push(line))
    createInterface({ input: stdout }).on('line', (line) => {
      // Some of the others write logs here.
      if (!/^\{"(address|log|summary)":/.test(line)) return
      const told = JSON.parse(line) as Told
      if (told.address !== undefined) listens(told.address)
      if (told.log !== undefined) this.log.push(told.log)
      this.#summary = told.summary ?? this.#summary
      this.#cpuMs = told.cpuMs ?? this.#cpuMs
    })
  }
}
