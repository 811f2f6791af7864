import { PhasegateError } from '../../base/index.ts'
import type { VirtualClock } from '../time/index.ts'

/** More timers than this, and what is waited for does not come. */
const MOST_TIMERS = 100_000

/** Lets time pass, for one who waits at a time: two would take each other's time back. */
export class Pacer {
  readonly #clock: VirtualClock
  readonly #settle: () => Promise<void>
  readonly #mostTimers: number
  #turn: Promise<unknown> = Promise.resolve()

  constructor(clock: VirtualClock, settle: () => Promise<void>, mostTimers: number = MOST_TIMERS) {
    this.#clock = clock
    this.#settle = settle
    this.#mostTimers = mostTimers
  }

  /** Moves time on by `ms`. */
  advance(ms: number): Promise<void> {
    return this.#inTurn(() => this.#clock.advance(ms))
  }

  /** Lets as much time pass as `work` needs. @throws SIMULATION_STALLED, and what `work` rejects with */
  async until<Answer>(work: Promise<Answer>, what: string): Promise<Answer> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    work.then(over, over)
    for (let timers = 0; !isOver; timers++) {
      await this.#inTurn(async () => {
        await this.#settle()
        if (isOver) return
        const ms = this.#clock.next()
        if (ms === undefined || timers === this.#mostTimers) throw stalled(what)
        await this.#clock.advance(ms)
      })
    }
    return work
  }

  #inTurn<Answer>(go: () => Promise<Answer>): Promise<Answer> {
    const mine = this.#turn.then(go)
    this.#turn = mine.catch(() => undefined)
    return mine
  }
}

function stalled(what: string): PhasegateError<'SIMULATION_STALLED'> {
  const message = `${what} waits for something that no timer of the simulation and no promise brings about; real time does not pass in it`
  return new PhasegateError('SIMULATION_STALLED', message, { waited: what })
}
