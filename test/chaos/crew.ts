import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { binary } from '../servers/child.ts'
import type { Acknowledged, Message, Orders } from './messages.ts'
import { Tally } from './tally.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** What the workers have told, together. */
export class Told {
  readonly acknowledged: Acknowledged[] = []
  readonly unforeseen: string[] = []
  readonly noted = new Tally()
  asked = 0

  hear(message: Message): void {
    if (message.type === 'asked') this.asked += 1
    if (message.type === 'answered') this.acknowledged.push(message.acknowledged)
    if (message.type === 'noted') this.noted.add(message.what)
    if (message.type === 'unforeseen') this.unforeseen.push(message.what)
  }
}

type State =
  | { readonly type: 'running'; readonly child: ChildProcess }
  | { readonly type: 'stopped'; readonly child: ChildProcess }
  | { readonly type: 'dead' }

/** A worker process, and its successors. */
class Worker {
  readonly #orders: Omit<Orders, 'life'>
  readonly #told: Told
  #life = 0
  #state: State = { type: 'dead' }

  constructor(orders: Omit<Orders, 'life'>, told: Told) {
    this.#orders = orders
    this.#told = told
  }

  get state(): State['type'] {
    return this.#state.type
  }

  /** Resolves when it works. */
  async start(): Promise<void> {
    this.#life += 1
    const orders: Orders = { ...this.#orders, life: this.#life }
    // It must not outlive us, stopped as it may be.
    const setpriv = binary('setpriv')
    const node = ['--import', 'tsx']
    const how =
      setpriv === undefined
        ? { execArgv: node }
        : { execPath: setpriv, execArgv: ['--pdeathsig', 'KILL', '--', process.execPath, ...node] }
    const child = fork(WORKER, [JSON.stringify(orders)], how)
    this.#state = { type: 'running', child }
    child.on('message', (message: Message) => this.#told.hear(message))
    const exited = once(child, 'exit').then(([code]) => this.#ended(child, code as number | null))
    await Promise.race([once(child, 'message'), exited])
  }

  kill(): void {
    if (this.#state.type === 'dead') return
    const { child } = this.#state
    this.#state = { type: 'dead' }
    child.kill('SIGKILL')
  }

  freeze(): void {
    if (this.#state.type !== 'running') return
    this.#state = { type: 'stopped', child: this.#state.child }
    this.#state.child.kill('SIGSTOP')
  }

  thaw(): void {
    if (this.#state.type !== 'stopped') return
    this.#state = { type: 'running', child: this.#state.child }
    this.#state.child.kill('SIGCONT')
  }

  /** Lets it answer what it was asked, and end; false when it does not. */
  async finish(withinMs: number): Promise<boolean> {
    if (this.#state.type === 'dead') return true
    const { child } = this.#state
    const exited = once(child, 'exit')
    child.send('finish')
    const hasEnded = await Promise.race([exited.then(() => true), pause(withinMs, false, { ref: false })])
    this.kill()
    return hasEnded
  }

  #ended(child: ChildProcess, code: number | null): void {
    if (this.#state.type === 'dead' || this.#state.child !== child) return
    this.#state = { type: 'dead' }
    if (code !== 0) this.#told.unforeseen.push(`worker ${this.#orders.worker} ended by itself, with ${code}`)
  }
}

/** All workers. */
export class Crew {
  readonly told = new Told()
  readonly #workers: readonly Worker[]

  constructor(size: number, orders: Omit<Orders, 'life' | 'worker'>) {
    this.#workers = Array.from({ length: size }, (_, worker) => new Worker({ ...orders, worker }, this.told))
  }

  async start(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.start()))
  }

  those(state: State['type']): readonly Worker[] {
    return this.#workers.filter((worker) => worker.state === state)
  }

  /** Everybody lives, is awake, and ends: how many did not. */
  async finish(withinMs: number): Promise<number> {
    for (const worker of this.those('stopped')) worker.thaw()
    const ended = await Promise.all(this.#workers.map((worker) => worker.finish(withinMs)))
    return ended.filter((hasEnded) => !hasEnded).length
  }
}
