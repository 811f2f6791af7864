import { type Clock, PhasegateError, type Stop } from '../../base/index.ts'

/** A moment at which a process can die or fall asleep: right before it reaches out, or before it hears what came of it. */
export interface Moment {
  /** What is called: `step "cordon"`, `lb.cordon() in step "cordon"`, `journal: stepped`. */
  readonly place: string
  readonly when: 'before' | 'after'
  /** Whether the answer is waited for; undefined before the call. */
  readonly isAwaited: boolean | undefined
}

/** Who sees what happens to processes. */
export interface Witness {
  /** May kill the process, or put it to sleep. */
  met(moment: Moment, process: SimulatedProcess): void
  died(process: SimulatedProcess): void
}

type Life =
  | { readonly type: 'alive' }
  /** Everything that reaches it meanwhile waits here, in order. */
  | { readonly type: 'asleep'; readonly waiting: (() => void)[] }
  | { readonly type: 'dead' }

/** What a dead process waits for. */
const NEVER: Promise<never> = new Promise(() => undefined)

/**
 * A process among others in this one. It reaches the world through its border alone: calls out, answers, timers and
 * callbacks. Killed, it reaches nothing and hears nothing any more; asleep, it does so later, as after SIGSTOP.
 */
export class SimulatedProcess {
  readonly name: string
  /** Resolves when it is killed. */
  readonly death: Promise<void>
  readonly #witness: Witness
  readonly #timers = new Set<Stop>()
  #life: Life = { type: 'alive' }
  #open = 0
  #died: () => void = () => undefined

  constructor(name: string, witness: Witness) {
    this.name = name
    this.#witness = witness
    this.death = new Promise((resolve) => {
      this.#died = resolve
    })
  }

  /** Whether a call of its own has not been answered yet. */
  get isWaiting(): boolean {
    return this.#open > 0
  }

  get isDead(): boolean {
    return this.#life.type === 'dead'
  }

  /** Why it does not answer, once it is dead. */
  crashed(): PhasegateError<'SIMULATION_CRASHED'> {
    const message = `${this.name} was killed and answers nobody; restart() starts another, recover() finishes what it left`
    return new PhasegateError('SIMULATION_CRASHED', message, { process: this.name })
  }

  /** As `kill -9`. */
  kill(): void {
    if (this.isDead) return
    this.#life = { type: 'dead' }
    for (const stop of this.#timers) stop()
    this.#timers.clear()
    this.#died()
    this.#witness.died(this)
  }

  /** As SIGSTOP: time passes, and the process does not see it. */
  sleep(): void {
    if (this.#life.type === 'alive') this.#life = { type: 'asleep', waiting: [] }
  }

  /** As SIGCONT. */
  wake(): void {
    if (this.#life.type !== 'asleep') return
    const { waiting } = this.#life
    this.#life = { type: 'alive' }
    for (const go of waiting) this.#enter(go)
  }

  /** A call out that is a moment of its own. */
  reach<Result>(place: string, call: () => Result): Result {
    if (this.#life.type === 'alive') this.#witness.met({ place, when: 'before', isAwaited: undefined }, this)
    return this.#out(place, call)
  }

  /** A call out that changes nothing outside: to die before or after it is the same. */
  look<Result>(call: () => Result): Result {
    return this.#out(undefined, call)
  }

  /** A function of this process, for others to call. */
  callback<Arguments extends unknown[]>(run: (...given: Arguments) => unknown): (...given: Arguments) => unknown {
    return (...given) => {
      let answer: unknown
      this.#enter(() => {
        answer = run(...given)
      })
      return answer
    }
  }

  /** The world's clock, as far as this process lives to see it. */
  clock(world: Clock): Clock {
    return {
      now: () => world.now(),
      monotonic: () => world.monotonic(),
      timer: (ms, fire, options) => {
        if (this.isDead) return () => undefined
        const stop = world.timer(
          ms,
          () => {
            this.#timers.delete(stop)
            this.#enter(fire)
          },
          options,
        )
        this.#timers.add(stop)
        return () => {
          this.#timers.delete(stop)
          stop()
        }
      },
    }
  }

  #out<Result>(place: string | undefined, call: () => Result): Result {
    const life = this.#life
    if (life.type === 'dead') return NEVER as Result
    if (life.type === 'asleep') return this.#later(life.waiting, () => this.#out(place, call)) as Result
    const result = call()
    if (isThenable(result)) return this.#hear(place, result) as Result
    if (place !== undefined) this.#witness.met({ place, when: 'after', isAwaited: false }, this)
    return this.isDead ? (NEVER as Result) : result
  }

  #hear(place: string | undefined, answer: PromiseLike<unknown>): Promise<unknown> {
    this.#open++
    return new Promise((resolve, reject) => {
      const hear = (tell: () => void): void => {
        this.#open--
        if (place !== undefined && this.#life.type === 'alive') {
          this.#witness.met({ place, when: 'after', isAwaited: true }, this)
        }
        this.#enter(tell)
      }
      answer.then(
        (value) => hear(() => resolve(value)),
        (error: unknown) => hear(() => reject(error)),
      )
    })
  }

  #later(waiting: (() => void)[], call: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(call())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #enter(go: () => void): void {
    if (this.#life.type === 'alive') go()
    else if (this.#life.type === 'asleep') this.#life.waiting.push(go)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined | null)?.then === 'function'
}
